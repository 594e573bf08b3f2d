"""What the Python module answers, rightly and wrongly used. Arguments: snapshot, state."""

import gc
import sys

import tandem


def expect(what, want, got):
    assert got == want, f"{what}: is {got!r}, should be {want!r}"


def decide(call_id, source="192.0.2.10", dnis="442079460123"):
    return tandem.decide(source, "12125550100", dnis, call_id, "tag", 1, "z9hG4bK")


snapshot, state = sys.argv[1:]

# The numbers of docs/REASONS.md.
expect("reasons", (36, 1, 17, 36), (len(tandem.reasons), tandem.reasons["unknown_trunk"],
                                    tandem.reasons["loop_detected"], tandem.reasons["beyond_max_results"]))
expect("before attach", (None, "not_attached", 500), decide("early"))
expect("due before attach", ([], False), tandem.due())
expect("snapshot before attach", (None, "not_attached"), tandem.snapshot())
expect("stats before attach", None, tandem.stats())
expect("attach without paths", ("bad_argument", "attach: snapshot and state must be paths"), tandem.attach())
status, text = tandem.attach("/nowhere/plan.snapshot", state, 1000)
expect("attach to nothing", ("attach_failed", True), (status, "/nowhere/plan.snapshot" in text))
for calls_max in ("1000", -1, 2 ** 40, 1.5):
    expect("attach for no number of calls", ("bad_argument", "attach: calls_max must be a number of calls"),
           tandem.attach(snapshot, state, calls_max))
expect("attach", ("ok", ""), tandem.attach(snapshot, state, 1000))
expect("attach again", ("ok", "", "ok", ""), tandem.attach(snapshot, state) + tandem.attach(snapshot, state, None))
expect("hints", ("ok", "ok", "ok", "bad_argument"), (tandem.hint("442079460123"), tandem.hint("442079460123", 2),
                                                     tandem.hint("anonymous"), tandem.hint("442079460123", 7)))

# {"attest":"B"}, signed by nobody.
expect("attestations", ("B", None, None), (tandem.attestation("e30.eyJhdHRlc3QiOiJCIn0.sig;ppt=shaken"),
                                           tandem.attestation("Bob"), tandem.attestation()))

handle, longest_sec, again = decide("one")
expect("a handle", (16, 7200, False), (len(handle), longest_sec, again))
expect("retransmission", (handle, 7200, True), decide("one"))
expect("CSeq as a text", (handle, 7200, True),
       tandem.decide("192.0.2.10", "12125550100", "442079460123", "one", "tag", "1", "z9hG4bK"))
expect("over the cap", (None, "concurrency_exceeded", 503), decide("two"))
expect("stranger", (None, "unknown_trunk", 403), decide("three", "192.0.2.99"))
expect("bad source", (None, "bad_argument", 500), decide("four", "nobody"))
expect("no arguments", (None, "bad_argument", 500), tandem.decide())
expect("other things", (None, "bad_argument", 500), tandem.decide(None, 1.5, [], {}, object(), 2 ** 80, "\ud800"))

cheap = ("sip:+442079460123@cheap.example:5060", 7, 1)
expect("first leg", (cheap, cheap), (tandem.next(handle), tandem.next(handle, 0)))
expect("second leg", ("sip:+442079460123@dear.example:5060", 7, 2), tandem.next(handle, 503))
expect("events", ("ok", "ok", "ok"), (tandem.ringing(handle, 180), tandem.answered(handle, 200), tandem.alive(handle)))
expect("nothing is due", ([], False), tandem.due())
expect("held", (1, 1), (tandem.stats()["answered"], tandem.stats()["slots_held"]))
expect("ended", ("ok", "ok"), (tandem.ended(handle, 200), tandem.ended(handle, 200)))
expect("free", (0, 0), (tandem.stats()["answered"], tandem.stats()["slots_held"]))
expect("no leg", (None, "no_leg", None), tandem.next(handle, 503))

expect("no handle", (None, "bad_argument", None), tandem.next(None, 503))
expect("bad handle", ("bad_argument", "bad_argument"), (tandem.ended("xyz", 200), tandem.ended()))
expect("unknown handle", "unknown_handle", tandem.alive("00000000000000ff"))
expect("bad codes", (None, "bad_argument", None), tandem.next(handle, "busy"))
expect("bad codes", ("bad_argument", "bad_argument"), (tandem.ended(handle, 70000), tandem.ended(handle, -1)))
expect("generation", (1, 16), (tandem.snapshot()[0], len(tandem.snapshot()[1])))

# Nothing is left behind: what a thousand rounds allocate they give back.
def rounds(count):
    for _ in range(count):
        decide("three", "192.0.2.99"), tandem.next(handle, 503), tandem.due(), tandem.stats(), tandem.alive(handle)


rounds(10)
gc.collect()
before = sys.getallocatedblocks(), sys.getrefcount(None)
rounds(1000)
gc.collect()
after = sys.getallocatedblocks(), sys.getrefcount(None)
expect("references", (True, True), (abs(after[0] - before[0]) < 100, abs(after[1] - before[1]) < 100))
print("as it should be")
