-- What the Lua module answers, rightly and wrongly used. SNAPSHOT, STATE and package.cpath are set by tests/lua.rs.
local tandem = require "tandem"
local function expect(what, want, ...)
    local got = {...}
    for i = 1, math.max(#want, select("#", ...)) do
        if got[i] ~= want[i] then
            error(what .. ": value " .. i .. " is " .. tostring(got[i]) .. ", should be " .. tostring(want[i]))
        end
    end
end
local function decide(id, source, dnis)
    return tandem.decide(source or "192.0.2.10", "12125550100", dnis or "442079460123", id, "tag", 1, "z9hG4bK")
end

-- The numbers of docs/REASONS.md; each is the one that `tandem_reason_name` and the header have.
local count = 0
for name, number in pairs(tandem.reasons) do
    expect("reason " .. name, {"number", true}, type(number), number >= 1)
    count = count + 1
end
expect("reasons", {36, 1, 17, 36}, count, tandem.reasons.unknown_trunk, tandem.reasons.loop_detected,
    tandem.reasons.beyond_max_results)
expect("before attach", {nil, "not_attached", 500}, decide("early"))
expect("due before attach", {nil, nil, "not_attached"}, tandem.due())
expect("attach without table", {nil, "bad_argument"}, tandem.attach("x"))
expect("attach without paths", {nil, "bad_argument", "attach: snapshot and state must be paths"}, tandem.attach{})
local attached, what, text = tandem.attach{snapshot = "/nowhere/plan.snapshot", state = STATE}
expect("attach to nothing", {nil, "attach_failed"}, attached, what)
expect("attach tells the path", {true}, text:find("/nowhere/plan.snapshot", 1, true) ~= nil)
for _, calls_max in ipairs{"1000", -1, 2 ^ 40, true} do
    expect("attach for no number of calls", {nil, "bad_argument", "attach: calls_max must be a number of calls"},
        tandem.attach{snapshot = SNAPSHOT, state = STATE, calls_max = calls_max})
end
expect("attach", {true}, tandem.attach{snapshot = SNAPSHOT, state = STATE})

-- Dips: nothing is configured here, so nobody is asked; answers are read all the same.
expect("nobody to ask", {nil}, tandem.dip_wanted("192.0.2.10", "12125550100", "12125550199"))
expect("a stranger's number", {nil, "bad_argument"}, tandem.dip("7207081999"))
expect("no answer", {nil}, tandem.dip("lrn/17207081999"))
local CONTACT = "<sip:+17207081999;npdi;rn=+17205550000@192.0.2.7>"
expect("a dip over SIP", {"lrn=17205550000;by=sip"}, tandem.dip_read("17207081999", "sip", 302, CONTACT))
expect("not ported", {"lrn=17207081999;by=sip"}, tandem.dip_read("7207081999", "sip", 404, ""))
expect("a dip over HTTP", {"cic=0288;by=http"}, tandem.dip_read("8005551212", "http", 200, '{"cic":"0288"}'))
expect("no dip", {nil}, tandem.dip_read("17207081999", "http", 429, ""))
expect("no such way", {nil, "bad_argument"}, tandem.dip_read("17207081999", "post", 200, ""))
expect("no number", {nil, "bad_argument"}, tandem.dip_read("x", "sip", 302, CONTACT))
-- {"attest":"B"}, signed by nobody.
expect("an attestation", {"B"}, tandem.attestation("e30.eyJhdHRlc3QiOiJCIn0.sig;info=<https://a.example>;ppt=shaken"))
expect("no attestation", {nil}, tandem.attestation("Bob"))
expect("nothing to attest", {nil}, tandem.attestation())
expect("hint", {true}, tandem.hint("442079460123"))
expect("hint of the row", {true}, tandem.hint("442079460123", 2))
expect("hint of nothing", {true}, tandem.hint("anonymous"))
expect("hint of no stage", {nil, "bad_argument"}, tandem.hint("442079460123", 7))
expect("attach again", {true}, tandem.attach{snapshot = SNAPSHOT, state = STATE})

local handle, longest_sec, again = decide("one")
expect("a handle", {16, 7200, false}, #handle, longest_sec, again)
expect("retransmission", {handle, 7200, true}, decide("one"))
expect("over the cap", {nil, "concurrency_exceeded", 503}, decide("two"))
expect("stranger", {nil, "unknown_trunk", 403}, decide("three", "192.0.2.99"))
expect("bad source", {nil, "bad_argument", 500}, decide("four", "nobody"))
expect("no arguments", {nil, "bad_argument", 500}, tandem.decide())

expect("first leg", {"sip:+442079460123@cheap.example:5060", 7, 1}, tandem.next(handle))
expect("same leg", {"sip:+442079460123@cheap.example:5060", 7, 1}, tandem.next(handle, 0))
expect("second leg", {"sip:+442079460123@dear.example:5060", 7, 2}, tandem.next(handle, 503))
expect("ringing", {true}, tandem.ringing(handle, 180))
expect("answered", {true}, tandem.answered(handle, 200))
expect("replayed after the answer", {handle, 7200, true}, decide("one"))
expect("alive", {true}, tandem.alive(handle))
expect("alive of nobody", {nil, "unknown_handle"}, tandem.alive("00000000000000ff"))
local due, more = tandem.due()
expect("nothing is due", {"table", 0, nil}, type(due), #due, more)
expect("held", {1, 1}, tandem.stats().answered, tandem.stats().slots_held)
expect("ended", {true}, tandem.ended(handle, 200))
expect("no change scheduled", {0, 0}, tandem.stats().snapshots_until_utc_sec, tandem.stats().late_decisions)
expect("no emergency", {0}, tandem.stats().emergency_calls)
expect("ended again", {true}, tandem.ended(handle, 200))
expect("free", {0, 0}, tandem.stats().answered, tandem.stats().slots_held)

expect("no handle", {nil, "bad_argument"}, tandem.next(nil, 503))
expect("bad handle", {nil, "bad_argument"}, tandem.ended("xyz", 200))
expect("unknown handle", {nil, "unknown_handle"}, tandem.ended("00000000000000ff", 200))
expect("bad code", {nil, "bad_argument"}, tandem.next(handle, "busy"))
expect("bad code", {nil, "bad_argument"}, tandem.next(handle, 70000))
expect("generation", {1, 16}, (tandem.snapshot()), #select(2, tandem.snapshot()))
