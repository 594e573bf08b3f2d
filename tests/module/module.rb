# KSR.tandem from Ruby.

def say(*what)
  what.each { |one| $said += " #{one}" }
end

# Ruby's own getw writes a null as <<null>>.
def value(name)
  KSR::PV.get(name) || "<null>"
end

def tell(*names)
  names.each { |name| $said += " " + value("$tandem(#{name})").to_s }
end

def call
  number = KSR::PV.get("$rU")
  $said = "hint #{KSR::TANDEM.hint(number, 1) + KSR::TANDEM.hint(number, 2)}"
  if number == "as"
    say("decide", KSR::TANDEM.decide_as("192.0.2.1", "12125550142", "13125550123", "13035550123"))
  else
    say("decide", KSR::TANDEM.decide())
  end
  tell("status", "reason", "code")
  handle = KSR::PV.get("$tandem(handle)")
  return unless handle
  say("first", KSR::TANDEM.first())
  tell("dial", "timeout", "leg")
  say("of")
  tell("legs", "longest", "again", "generation")
  say("who")
  tell("trunk", "account", "partition", "ani", "dnis", "dnis_lrn", "jurisdiction")
  say("leg")
  tell("route", "provider", "gateway", "cost", "price", "rate", "customer_rate")
  say("ringing", KSR::TANDEM.ringing(handle, 180), "next", KSR::TANDEM.next(handle, 503))
  tell("dial", "leg", "route")
  ["route)[0]", "route)[2]", "rate)[2]", "route)[3]"].each { |what| say(value("$(tandem(#{what})")) }
  say("answered", KSR::TANDEM.answered(handle, 200), "alive", KSR::TANDEM.alive(handle), "due", KSR::TANDEM.due())
  tell("due")
  say("ended", KSR::TANDEM.ended(handle, 200), "next", KSR::TANDEM.next(handle, 503))
  tell("status", "dial")
  say("unknown", KSR::TANDEM.ended("00000000000000ff", 200), "none", KSR::TANDEM.ended("no handle", 200))
end

def dip
  $said = "wanted #{KSR::TANDEM.dip_wanted("")}"
  say("asked", KSR::TANDEM.dip("lrn/13125550123"))
  say("read", KSR::TANDEM.dip_read("13125550123", "http", 200, "3125559999;567G"))
  tell("dip_found", "dip")
  told = KSR::PV.get("$tandem(dip)")
  say("decide", KSR::TANDEM.decide_dipped("", "12125550142", "13125550123", "", told))
  tell("dnis_lrn", "attestation")
  say("ended", KSR::TANDEM.ended(KSR::PV.get("$tandem(handle)"), 487))
end

def ksr_request_route()
  $said = value("$tandem(status)")
  is_invite = KSR::PV.get("$rm") == "INVITE"
  if is_invite && KSR::PV.get("$rU") == "dip"
    dip
  elsif is_invite
    call
  end
  KSR::HDR.append_to_reply("X-Tandem: #{$said}\r\n")
  KSR::SL.send_reply(200, "OK")
  return 1
end
