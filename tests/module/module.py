import KSR


def tell(*names):
    return [KSR.pv.getw(f"$tandem({name})") for name in names]


def call():
    number = KSR.pv.get("$rU")
    said = ["hint", KSR.tandem.hint(number, 1) + KSR.tandem.hint(number, 2), "decide"]
    if number == "as":
        said += [KSR.tandem.decide_as("192.0.2.1", "12125550142", "13125550123", "13035550123")]
    else:
        said += [KSR.tandem.decide()]
    said += tell("status", "reason", "code")
    handle = KSR.pv.get("$tandem(handle)")
    if not handle:
        return said
    said += ["first", KSR.tandem.first()] + tell("dial", "timeout", "leg")
    said += ["of"] + tell("legs", "longest", "again", "generation")
    said += ["who"] + tell("trunk", "account", "partition", "ani", "dnis", "dnis_lrn", "jurisdiction")
    said += ["leg"] + tell("route", "provider", "gateway", "cost", "price", "rate", "customer_rate")
    said += ["ringing", KSR.tandem.ringing(handle, 180), "next", KSR.tandem.next(handle, 503)]
    said += tell("dial", "leg", "route")
    said += [KSR.pv.getw(f"$(tandem({what})") for what in ("route)[0]", "route)[2]", "rate)[2]", "route)[3]")]
    said += ["answered", KSR.tandem.answered(handle, 200), "alive", KSR.tandem.alive(handle)]
    said += ["due", KSR.tandem.due()] + tell("due")
    said += ["ended", KSR.tandem.ended(handle, 200), "next", KSR.tandem.next(handle, 503)] + tell("status", "dial")
    said += ["unknown", KSR.tandem.ended("00000000000000ff", 200), "none", KSR.tandem.ended("no handle", 200)]
    return said


def dip():
    said = ["wanted", KSR.tandem.dip_wanted(""), "asked", KSR.tandem.dip("lrn/13125550123")]
    said += ["read", KSR.tandem.dip_read("13125550123", "http", 200, "3125559999;567G")] + tell("dip_found", "dip")
    told = KSR.pv.get("$tandem(dip)")
    said += ["decide", KSR.tandem.decide_dipped("", "12125550142", "13125550123", "", told)]
    said += tell("dnis_lrn", "attestation")
    return said + ["ended", KSR.tandem.ended(KSR.pv.get("$tandem(handle)"), 487)]


def asked():
    if not KSR.is_INVITE():
        return tell("status")
    return dip() if KSR.pv.get("$rU") == "dip" else call()


class Routes:
    def child_init(self, rank):
        return 0

    def ksr_request_route(self, msg):
        KSR.hdr.append_to_reply("X-Tandem: " + " ".join(str(word) for word in asked()) + "\r\n")
        KSR.sl.send_reply(200, "OK")
        return 1

    def ksr_reply_route(self, msg):
        return 1

    def ksr_onsend_route(self, msg):
        return 1


def mod_init():
    return Routes()
