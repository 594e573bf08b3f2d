local said

local function say(...)
    for _, what in ipairs({...}) do said = said .. " " .. tostring(what) end
end

local function tell(...)
    for _, name in ipairs({...}) do said = said .. " " .. KSR.pv.getw("$tandem(" .. name .. ")") end
end

local function call()
    local number = KSR.pv.get("$rU")
    said = "hint " .. KSR.tandem.hint(number, 1) + KSR.tandem.hint(number, 2)
    if number == "as" then
        say("decide", KSR.tandem.decide_as("192.0.2.1", "12125550142", "13125550123", "13035550123"))
    else
        say("decide", KSR.tandem.decide())
    end
    tell("status", "reason", "code")
    local handle = KSR.pv.get("$tandem(handle)")
    if not handle then return end
    say("first", KSR.tandem.first())
    tell("dial", "timeout", "leg")
    say("of")
    tell("legs", "longest", "again", "generation")
    say("who")
    tell("trunk", "account", "partition", "ani", "dnis", "dnis_lrn", "jurisdiction")
    say("leg")
    tell("route", "provider", "gateway", "cost", "price", "rate", "customer_rate")
    say("ringing", KSR.tandem.ringing(handle, 180), "next", KSR.tandem.next(handle, 503))
    tell("dial", "leg", "route")
    for _, what in ipairs({"(tandem(route)[0])", "(tandem(route)[2])", "(tandem(rate)[2])", "(tandem(route)[3])"}) do
        say(KSR.pv.getw("$" .. what))
    end
    say("answered", KSR.tandem.answered(handle, 200), "alive", KSR.tandem.alive(handle), "due", KSR.tandem.due())
    tell("due")
    say("ended", KSR.tandem.ended(handle, 200), "next", KSR.tandem.next(handle, 503))
    tell("status", "dial")
    say("unknown", KSR.tandem.ended("00000000000000ff", 200), "none", KSR.tandem.ended("no handle", 200))
end

local function dip()
    said = "wanted " .. KSR.tandem.dip_wanted("")
    say("asked", KSR.tandem.dip("lrn/13125550123"))
    say("read", KSR.tandem.dip_read("13125550123", "http", 200, "3125559999;567G"))
    tell("dip_found", "dip")
    local told = KSR.pv.get("$tandem(dip)")
    say("decide", KSR.tandem.decide_dipped("", "12125550142", "13125550123", "", told))
    tell("dnis_lrn", "attestation")
    say("ended", KSR.tandem.ended(KSR.pv.get("$tandem(handle)"), 487))
end

function ksr_request_route()
    said = KSR.pv.getw("$tandem(status)")
    if KSR.is_INVITE() and KSR.pv.get("$rU") == "dip" then
        dip()
    elseif KSR.is_INVITE() then
        call()
    end
    KSR.hdr.append_to_reply("X-Tandem: " .. said .. "\r\n")
    KSR.sl.send_reply(200, "OK")
    return 1
end
