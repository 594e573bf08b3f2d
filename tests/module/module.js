var said;

function say() {
    for (var i = 0; i < arguments.length; i++) said += " " + arguments[i];
}

function tell() {
    for (var i = 0; i < arguments.length; i++) said += " " + KSR.pv.getw("$tandem(" + arguments[i] + ")");
}

function call() {
    var number = KSR.pv.get("$rU");
    said = "hint " + (KSR.tandem.hint(number, 1) + KSR.tandem.hint(number, 2));
    if (number == "as") {
        say("decide", KSR.tandem.decide_as("192.0.2.1", "12125550142", "13125550123", "13035550123"));
    } else {
        say("decide", KSR.tandem.decide());
    }
    tell("status", "reason", "code");
    var handle = KSR.pv.get("$tandem(handle)");
    if (!handle) return;
    say("first", KSR.tandem.first());
    tell("dial", "timeout", "leg");
    say("of");
    tell("legs", "longest", "again", "generation");
    say("who");
    tell("trunk", "account", "partition", "ani", "dnis", "dnis_lrn", "jurisdiction");
    say("leg");
    tell("route", "provider", "gateway", "cost", "price", "rate", "customer_rate");
    say("ringing", KSR.tandem.ringing(handle, 180), "next", KSR.tandem.next(handle, 503));
    tell("dial", "leg", "route");
    ["route)[0]", "route)[2]", "rate)[2]", "route)[3]"].forEach(function (what) {
        say(KSR.pv.getw("$(tandem(" + what + ")"));
    });
    say("answered", KSR.tandem.answered(handle, 200), "alive", KSR.tandem.alive(handle), "due", KSR.tandem.due());
    tell("due");
    say("ended", KSR.tandem.ended(handle, 200), "next", KSR.tandem.next(handle, 503));
    tell("status", "dial");
    say("unknown", KSR.tandem.ended("00000000000000ff", 200), "none", KSR.tandem.ended("no handle", 200));
}

function dip() {
    said = "wanted " + KSR.tandem.dip_wanted("");
    say("asked", KSR.tandem.dip("lrn/13125550123"));
    say("read", KSR.tandem.dip_read("13125550123", "http", 200, "3125559999;567G"));
    tell("dip_found", "dip");
    var told = KSR.pv.get("$tandem(dip)");
    say("decide", KSR.tandem.decide_dipped("", "12125550142", "13125550123", "", told));
    tell("dnis_lrn", "attestation");
    say("ended", KSR.tandem.ended(KSR.pv.get("$tandem(handle)"), 487));
}

function ksr_request_route() {
    said = KSR.pv.getw("$tandem(status)");
    if (KSR.is_INVITE() && KSR.pv.get("$rU") == "dip") {
        dip();
    } else if (KSR.is_INVITE()) {
        call();
    }
    KSR.hdr.append_to_reply("X-Tandem: " + said + "\r\n");
    KSR.sl.send_reply(200, "OK");
}
