"""A stranger's reader, against the fixture: `test_read_snapshot.py SNAPSHOT tests/format`.

What prices must come out is in tests/format/answers.txt, worked out by hand from the plan; the entities are compared
with the plan's own words below.
"""

import hashlib
import re
import sys

from read_snapshot import NONE, RECORDS, SECTIONS, Price, Snapshot, SnapshotError, places

CHECKS = 0


def expect(what, found, wanted):
    global CHECKS
    CHECKS += 1
    if found != wanted:
        sys.exit(f"{what}: {found!r}, should be {wanted!r}")


def ipv4(a, b, c, d):
    return 0xFFFF << 32 | a << 24 | b << 16 | c << 8 | d


def packed(digits):
    return len(digits) << 60 | int(digits)


def key(*parts):
    return int.from_bytes(hashlib.sha256(b"\0".join(part.encode() for part in parts)).digest()[:8], "little")


def entities(s):
    """What the plan says, found again."""
    plan = s.records["Plan"][0]
    expect("plan", (plan["name"], plan["currency"], plan["max_duration_sec"]), ("fixture", b"USD", 14400))
    expect("interval", (s.valid_from, s.valid_until), (1767225600, 1782864000))
    expect("emergency", s.range("Digits", plan["emergency_numbers"]), [packed("911")])
    routes = [s.records["Routes"][place]["name"] for place in s.range("RouteLists", plan["emergency_routes"])]
    expect("emergency routes", routes, ["desk"])
    expect("do not originate", s.range("Digits", plan["dno"]), [packed("12005550000")])
    expect("default partition", s.records["Partitions"][plan["default_partition"]]["name"], "us_prime")
    expect("accounts", s.names("Accounts"), ["acme", "bolt", "dora", "gone"])
    trunks = ["acme-main", "acme-pbx", "bolt-main", "bolt-off", "dora-main", "gone-main"]
    expect("trunks", s.names("Trunks"), trunks)
    expect("routes", s.names("Routes"), ["alpha", "beta", "beta_spare", "delta", "desk", "gamma", "list"])
    expect("partitions", s.names("Partitions"), ["closed", "dora_calls", "first", "us_prime", "world"])
    expect("decks", s.names("Decks"), ["alpha_lrn", "beta_lrn", "delta_ocn", "gamma_world", "sell_acme"])
    # The longest network; a neighbour; nobody.
    for address, trunk in (((192, 0, 2, 10), "acme-main"), ((192, 0, 2, 200), "acme-pbx"),
                           ((198, 51, 100, 7), "bolt-main"), ((198, 51, 100, 127), "dora-main"), ((10, 0, 0, 1), None)):
        expect(f"trunk of {address}", s.trunk_of(ipv4(*address)), trunk)
    expect("trunk of IPv6", s.trunk_of(0x20010DB8 << 96 | 1), "acme-main")
    users = [(one["user"], s.records["Trunks"][one["trunk"]]["name"]) for one in s.records["Users"]]
    expect("users", users, [("dora", "dora-main")])
    _, dora = s.named("Trunks", "dora-main")
    rule = {"prefix": "9", "add": packed("1"), "len": 11, "strip": 1}
    expect("dialling rule", s.range("DialRules", dora["dial_rules"]), [rule])
    expect("tech prefix", (dora["tech_prefix"], s.records["Providers"][dora["provider"]]["name"]), ("77#", "lists"))
    _, main = s.named("Trunks", "acme-main")
    cps, calls = s.range("Limits", main["limits"])
    expect("CPS of 10, burst 3", (cps["dimension"], cps["amount"], cps["max"]), (0, 100_000_000, 3))
    expect("calls", (calls["dimension"], calls["max"]), (1, 20))
    expect("key of a limit", cps["key"], key("trunk", "acme-main", "cps"))
    _, gone = s.named("Accounts", "gone")
    wallets = [(one["name"], one["kind"], one["threshold"], one["credit_limit"])
               for one in s.range("Wallets", gone["wallets"])]
    expect("wallets", wallets, [("cash", 0, 0, 5), ("time", 1, 60, 0)])
    expect("countries", (gone["countries_are"], s.range("Countries", gone["countries"])), (1, [b"GB", b"US"]))
    expect("classes", (gone["classes"], gone["any_npa_976"]), (0b0011, 1))
    expect("blocked", s.range("Digits", gone["blocked_dnis"]), [packed("53")])
    expect("zone", s.records["Zones"][gone["zone"]]["name"], "America/New_York")
    offsets = {change["offset_sec"] for zone in s.records["Zones"] for change in s.range("OffsetChanges", zone["changes"])}
    expect("standard and summer time", offsets >= {-18000, -14400}, True)
    _, closed = s.named("Partitions", "closed")
    [member] = s.range("Members", closed["members"])
    kinds = [(one["dimension"], one["amount"], one["max"]) for one in s.range("Limits", member["limits"])]
    expect("limits of a membership", kinds, [(2, 0, 100), (3, 0, 1000), (4, 25_000_000_000, 0)])
    expect("weight", (closed["active"], closed["weights"], member["weight"]), (0, 1, 5))
    _, scheduled = s.named("Partitions", "dora_calls")
    windows = s.range("Windows", s.records["Schedules"][scheduled["schedule"]]["windows"])
    expect("always", [(one["days"], one["months"]) for one in windows], [(0b1111111, 0xFFF)])
    gateways = [(one["name"], one["dial_before"], one["dial_after"]) for one in s.records["Gateways"][:1]]
    expect("gateway", gateways, [("alpha-1", "sip:+", "@127.0.0.1:5081;transport=udp")])
    _, delta = s.named("Gateways", "delta-1")
    expect("LATAs", (s.range("Numbers", delta["latas"]), delta["weight"]), ([132, 656], 3))
    [did] = s.records["Dids"]
    campaigns = [s.records["Partitions"][place]["name"] for place in s.range("PartitionLists", did["campaigns"])]
    expect("DID", (did["number"], campaigns), (packed("13035559999"), ["closed"]))
    [override] = s.records["Overrides"]
    expect("override", (override["name"], override["prefix"], override["bypass_lcr"]), ("repair", packed("611"), 1))
    expect("short codes", s.records["ShortCodes"], [0])
    _, lists = s.named("Providers", "lists")
    [exclusion] = s.range("Exclusions", lists["exclusions"])
    expect("exclusion", s.range("Digits", exclusion["prefixes"]), [packed("44")])
    _, euros = s.named("Decks", "delta_ocn")
    expect("euros", (euros["currency"], euros["rate_nano"]), (b"EUR", 1_100_000_000))
    denver, boulder = s.place("13035550000"), s.place("13036660000")
    expect("Denver", (denver["state"], denver["ocn"], denver["lata"]), (b"CO", b"9636", 656))
    expect("thousands block", (s.place("12125556789")["ocn"], s.place("12125551000")["ocn"]), (b"9206", b"6529"))
    pair = sorted((denver["rate_center"], boulder["rate_center"]))
    expect("local pair", s.records["LocalPairs"], [{"low": pair[0], "high": pair[1]}])
    expect("local", [s.is_local(*pair), s.is_local(*pair[::-1]), s.is_local(pair[0], pair[0])], [True, True, False])
    [cic] = s.records["CicRows"]
    expect("CIC", cic["cic"], b"0222")


def everything(s):
    """Each reference of each record leads somewhere; keys are those of the names; ids are in order."""
    kinds = ("Accounts", "Trunks", "Providers", "Routes", "Partitions", "Decks")
    for section in kinds:
        expect(f"{section} by name", s.names(section), sorted(s.names(section), key=str.encode))
    for section in kinds + ("Gateways",):
        for record in s.records[section]:
            expect(f"key of {record['name']}", record["key"], key(section[:-1].lower(), record["name"]))
    ranges = {
        "limits": "Limits", "partitions": "PartitionLists", "gateways": "Gateways", "members": "Members",
        "wallets": "Wallets", "overrides": "Overrides", "dial_rules": "DialRules", "exclusions": "Exclusions",
        "windows": "Windows", "changes": "OffsetChanges", "latas": "Numbers", "campaigns": "PartitionLists",
        "countries": "Countries", "emergency_routes": "RouteLists", "toll_free_npas": "Numbers",
        "others": "MemberLists",
    }
    for section, record in SECTIONS:
        names = [field[0] for field in RECORDS[record] if isinstance(field, tuple) and field[1] == "R"]
        for one in s.records.get(section, []):
            for name in names:
                s.range(ranges.get(name, "Digits"), one[name])
    everything_of_decks(s)


def everything_of_decks(s):
    """What is written so that it need not be worked out for each call is what comes out when it is worked out."""
    decks = {(deck["shelf"], deck["place"]): deck for deck in s.records["Decks"]}
    rate = lambda deck, code: s.records["Tariffs"][deck["first_tariff"] + code - 2]["rate_nano_per_min"]

    def takes_intrastate(deck, interstate, intrastate):
        if intrastate is None or deck["ij_policy"] in (1, 3):
            return False
        if deck["ij_policy"] == 2 or interstate is None:
            return True
        if 1 in (interstate, intrastate):
            return interstate != 1
        return rate(deck, intrastate) > rate(deck, interstate)

    rows = list(s.rows())
    for row in rows:
        interstate, intrastate = row.columns[:2]
        wanted = {place for place in intrastate
                  if takes_intrastate(decks[row.shelf, place], interstate.get(place), intrastate[place])}
        expect("decks that take their intrastate price", row.by_intrastate, wanted)
    expect("rows with such decks", any(row.by_intrastate for row in rows), True)

    def is_of_nanp(place):
        # In the row of some number from 1, or in one of its parents.
        words = {s.leaf("Code", 0, f"1{npa}{nxx}{line}")
                 for npa in (212, 303, 415, 720, 876) for nxx in (*range(200, 1000, 111), 555, 556)
                 for line in ("0000", "5000", "6789", "9999")} - {None}
        while words:
            if any(place in column for word in words for column in s.row(word).columns):
                return True
            words = {s.row(word).parent for word in words} - {None}
        return False

    for route in s.records["Routes"]:
        provider = s.records["Providers"][route["provider"]]
        is_open = route["active"] and provider["active"] and provider["kind"] != 3
        plain = [one for one in s.range("Gateways", route["gateways"])
                 if one["active"] and one["latas"][1] == 0 and one["limits"][1] == 0]
        is_plain = len(plain) == route["gateways"][1] == 1 and provider["limits"][1] == 0
        asks = (provider["exclusions"][1] > 0) + 2 * (not is_plain) + 4 * (provider["kind"] == 0)
        wanted = (provider["traffic"] if is_open else 0, asks)
        expect(f"what {route['name']} says at a glance", (route["traffic"], route["asks"]), wanted)

    for partition, own in zip(s.records["Partitions"], s.records["PartitionDecks"]):
        listed = list(s.range("MemberLists", own["others"]))
        found = {"by_lrn": [], "by_dnis": []}
        for place, members in s.members_of_decks(own):
            slot = s.records["DeckPlaces"][place]
            routes = [s.records["Routes"][s.records["Members"][member]["route"]] for member in members]
            expect("deck of a member", {route["deck"] for route in routes}, {slot})
            for by_lrn in {route["asks"] & 4 == 4 for route in routes}:
                found["by_lrn" if by_lrn else "by_dnis"].append(place)
            listed += members
        expect(f"decks of {partition['name']}", {asked: places(own[asked]) for asked in found}, found)
        decks = [place for place, _ in s.members_of_decks(own)]
        below = [sum(place < 64 * word for place in decks) for word in range(4)]
        expect(f"decks below of {partition['name']}", list(own["below"]), below)
        for asked in ("by_lrn", "by_dnis"):
            wanted = [place for place in places(own[asked]) if is_of_nanp(place)]
            expect(f"decks of {partition['name']} for NANP", places(own[asked + "_nanp"]), wanted)
        first, count = partition["members"]
        expect(f"members of {partition['name']}", sorted(listed), list(range(first, first + count)))


AREAS = {"212": "NY", "303": "CO"}


def state_of(number):
    return AREAS.get(number[1:4]) if len(number) == 11 and number[0] == "1" and number[4:7] != "976" else None


def read_calls(directory):
    """The calls of calls.rs: source, ANI, DNIS, LRN, as texts."""
    text = open(f"{directory}/calls.rs", encoding="utf-8").read()
    constants = dict(re.findall(r'const (\w+): &\[u8\] = b"([^"]*)";', text))
    body = re.search(r"pub const CALLS[^=]*= \[\n(.*?)\n\];", text, re.S).group(1)
    pattern = re.compile(r'\((\w+|\[[\d, ]+\]), (\w+|b"[^"]*"), b"([^"]*)", b"([^"]*)", \d+\)')
    return [(source, constants.get(ani, ani[2:-1]), dnis, lrn) for source, ani, dnis, lrn in pattern.findall(body)]


def dialled(number):
    """As far as these calls need it: a tech prefix, dora's dialling rule, separators."""
    number = re.sub(r"^77#", "", number)
    number = re.sub(r"[-.() +]", "", number)
    number = re.sub(r"^9(\d{10})$", r"1\1", number) if number.startswith("9303") else number
    return "1" + number if re.fullmatch(r"[2-9]\d{9}", number) and number[:3] in AREAS else number


def jurisdiction_of(ani, number):
    if not number.startswith("1"):
        return "international"
    if number.startswith("1800"):
        return "toll_free"
    if number.startswith("1876"):
        return "zone1"
    return "intrastate" if state_of(ani) == AREAS.get(number[1:4]) else "interstate"


def asked(s, route, ani, number, lrn, zone):
    """What a route's deck asks for a call."""
    _, route = s.named("Routes", route)
    if route["deck"] == NONE:
        return Price(0, 0, 0, None)
    deck = s.records["Decks"][route["deck"]]["name"]
    kind = s.records["Providers"][route["provider"]]["kind"]
    same_state = state_of(ani) is not None and state_of(ani) == state_of(lrn or number)
    if kind == 4 and number.startswith("1"):
        place = s.place(lrn or number)
        return s.price_by_place(deck, place["ocn"], place["lata"], place["tier"], zone, same_state)
    us = state_of(number) is not None and (not lrn or state_of(lrn) is not None)
    digits = lrn if lrn and kind == 0 else number
    return s.price(deck, digits, zone, us_geographic=us, same_state=same_state)


def answers(s, directory):
    """Each price of each answer, and each deck that had none."""
    lines = open(f"{directory}/answers.txt", encoding="utf-8").read().splitlines()
    calls = read_calls(directory)
    expect("as many answers as calls", len(lines), len(calls))
    seen = set()
    for line, (source, ani, dnis, lrn) in zip(lines, calls):
        first, *rest = line.split()
        number, lrn = dialled(dnis), lrn.lstrip("+")
        if first == "rejected":
            rest, zone = rest[1:], jurisdiction_of(ani, number)
        else:
            zone = first
        for word in rest:
            leg = re.fullmatch(r"(\S+)@(\d+)/(\d+)", word)
            if leg:
                place, _ = s.named("Gateways", leg.group(1))
                route = next(one for one in s.records["Routes"]
                             if one["gateways"][0] <= place < sum(one["gateways"]))["name"]
                price = asked(s, route, ani, number, lrn, zone)
                wanted = (int(leg.group(2)), int(leg.group(3)))
                expect(f"{line}: {route}", price if isinstance(price, str) else price[:2], wanted)
                seen.add("price")
                continue
            route, reason = word[1:].split(":")
            price = asked(s, route, ani, number, lrn, zone) if reason != "disabled" else reason
            if reason in ("no_rate", "blocked_row"):
                expect(f"{line}: {route}", price, reason)
                seen.add(reason)
            elif reason in ("over_rate_limit", "no_gateway", "no_sell_rate"):
                expect(f"{line}: {route} has a price", isinstance(price, Price), True)
    expect("kinds of answers", seen, {"price", "no_rate", "blocked_row"})


def is_refused(data, what):
    try:
        Snapshot(data)
    except SnapshotError as error:
        return str(error)
    sys.exit(f"{what} is not refused")


def damage(data, directory):
    for at in list(range(0, 1600)) + list(range(1600, len(data), 997)):
        is_refused(data[:at] + bytes([data[at] ^ 1]) + data[at + 1:], f"a flipped bit at {at}")
    for length in range(0, len(data), 1009):
        is_refused(data[:length], f"the first {length} bytes")
    is_refused(data + b"\0", "a byte more")
    for version in (1, 2, 3):
        with open(f"{directory}/v{version}.snapshot", "rb") as old:
            what = f"version {version}"
            expect(what, is_refused(old.read(), what), f"{what}; this reader reads 4")


def main(path, directory):
    with open(path, "rb") as file:
        data = file.read()
    snapshot = Snapshot(data)
    entities(snapshot)
    everything(snapshot)
    answers(snapshot, directory)
    damage(data, directory)
    print(f"{CHECKS} things are as they should be")


if __name__ == "__main__":
    main(*sys.argv[1:])
