"""Reads a Tandem snapshot. Written from docs/SNAPSHOT_FORMAT.md alone, with the standard library only.

    snapshot = Snapshot(open("plan.snapshot", "rb").read())
    snapshot.names("Routes")
    snapshot.price("alpha_lrn", "12125556789", "interstate")   -> Price(rate=2900000, matched=8, version=1, ...)

It checks what a reader must check, and refuses a file with SnapshotError. It decides nothing: which number a deck is
asked for, and in which jurisdiction, is its caller's business.
"""

import hashlib
import struct
import zlib
from collections import namedtuple

NONE = 0xFFFFFFFF
VERSION = 4
HEADER, ENTRY = 64, 32


class SnapshotError(Exception):
    """Why a file is refused."""


# A record: its fields in order. S StrRef, R Range, a number zeros; else a type of `struct`.
SCREENING = [(name, "R") for name in ("blocked_ani", "allowed_ani", "blocked_dnis", "allowed_dnis", "countries")]
SCREENING += [("countries_are", "B"), ("classes", "B"), ("any_npa_976", "B"), 5]
KEYED = [("key", "Q"), ("name", "S")]
RECORDS = {
    "Plan": [
        ("name", "S"), ("currency", "3s"), 5, ("reference_duration_sec", "I"), ("default_partition", "I"),
        ("use_ani_lrn", "I"), 4, ("max_duration_sec", "I"), ("dial_timeout_sec", "I"), ("hold_interval_sec", "I"),
        ("when_table_full", "I"),
        ("emergency_numbers", "R"), ("emergency_routes", "R"), ("toll_free_npas", "R"), ("premium_prefixes", "R"),
        ("dno", "R"), ("excluded", "R"), ("overrides", "R"),
    ],
    "Account": KEYED + [
        ("partitions", "R"), ("limits", "R"), ("sell_deck", "I"), ("active", "B"), ("cost_plus", "B"),
        ("sell_by_lrn", "B"), ("rounding_mode", "B"), ("rounding_decimals", "B"), ("min_margin_kind", "B"),
        ("traffic", "B"), 5, ("margin_nano_percent", "q"), ("fixed_fee_nano_per_min", "q"), ("min_margin_nano", "q"),
    ] + SCREENING + [("wallets", "R"), ("excluded", "R"), ("overrides", "R"), ("zone", "I"), 4],
    "Trunk": KEYED + [
        ("account", "I"), ("active", "B"), ("ani_required", "B"), ("trust_lrn", "B"), 1, ("provider", "I"), 4,
        ("partitions", "R"), ("limits", "R"), ("tech_prefix", "S"), ("dial_rules", "R"), ("overrides", "R"),
    ] + SCREENING + [8],
    "Source": [("network", "16s"), ("trunk", "I"), ("parent", "I"), ("prefix_len", "B"), 7],
    "User": [("user", "S"), ("trunk", "I"), 4],
    "DialRule": [("prefix", "S"), ("add", "Q"), ("len", "B"), ("strip", "B"), 2],
    "Wallet": KEYED + [("threshold", "q"), ("credit_limit", "q"), ("priority", "i"), ("kind", "B"), 3],
    "Did": [("number", "Q"), ("account", "I"), 4, ("campaigns", "R")],
    "Provider": KEYED + [("limits", "R"), ("active", "B"), ("kind", "B"), ("traffic", "B"), 5, ("exclusions", "R")],
    "Route": KEYED + [
        ("provider", "I"), ("deck", "I"), ("gateways", "R"), ("limits", "R"), ("quality", "i"), ("active", "B"),
        ("ani_classes", "B"), ("traffic", "B"), ("asks", "B"), 16,
    ],
    "Gateway": KEYED + [
        ("dial_before", "S"), ("dial_after", "S"), ("priority", "i"), ("active", "B"), 3, ("weight", "I"), 4,
        ("latas", "R"), ("limits", "R"),
    ],
    "Partition": KEYED + [
        ("members", "R"), ("limits", "R"), ("rate_limit_nano_per_min", "q"), ("dial_timeout_sec", "I"),
        ("max_results", "I"), ("strategy", "B"), ("active", "B"), ("weights", "B"), 5, ("min_quality", "i"),
        ("schedule", "I"), ("overrides", "R"),
    ],
    "Member": [("route", "I"), ("priority", "i"), ("active", "B"), 7, ("weight", "I"), ("limits", "R")],
    "Limit": [
        ("key", "Q"), ("amount", "Q"), ("max", "I"), ("dimension", "B"), ("period", "B"), ("counts", "B"), 1,
        ("zone", "I"), 4,
    ],
    "Override": [
        ("prefix", "Q"), ("name", "S"), ("valid_from_utc_sec", "q"), ("trunk", "I"), ("account", "I"),
        ("partition", "I"), ("window", "I"), ("forced_route", "I"), ("forced_first", "B"), ("bypass_lcr", "B"), 2,
        ("custom_rate_nano_per_min", "q"),
    ],
    "Exclusion": [("account", "I"), 4, ("prefixes", "R")],
    "Schedule": [("zone", "I"), 4, ("windows", "R")],
    "Window": [("month_days", "I"), ("from_sec", "I"), ("until_sec", "I"), ("months", "H"), ("days", "B"), 1],
    "Zone": [("name", "S"), ("before_sec", "i"), 4, ("changes", "R")],
    "OffsetChange": [("at_utc_sec", "q"), ("offset_sec", "i"), 4],
    "Deck": KEYED + [
        ("rate_nano", "Q"), ("first_tariff", "I"), ("tariff_count", "I"), ("shelf", "B"), ("place", "B"),
        ("ij_policy", "B"), ("currency", "3s"), 2,
    ],
    "Tariff": [
        ("reference_cost_nano", "q"), ("first_rate_nano_per_min", "q"), ("rate_nano_per_min", "q"),
        ("connect_fee_nano", "q"), ("first_sec", "I"), ("increment_sec", "I"), ("grace_sec", "I"),
        ("deck_version", "I"), ("rounding_mode", "B"), ("rounding_decimals", "B"), 14,
    ],
    "Node": [("next", "10I"), ("here", "I")],
    "Place": [
        ("country", "2s"), ("state", "2s"), ("ocn", "4s"), ("lata", "I"), ("rate_center", "I"), ("tier", "B"), 7,
    ],
    "LocalPair": [("low", "I"), ("high", "I")],
    "Ocn": [("deck", "I"), ("ocn", "4s"), ("lata", "I"), ("tier", "B"), 3, ("prices", "5I")],
    "Cic": [("deck", "I"), ("cic", "4s"), ("prices", "5I")],
    "PartitionDecks": [
        ("by_lrn", "4Q"), ("by_dnis", "4Q"), ("by_lrn_nanp", "4Q"), ("by_dnis_nanp", "4Q"),
        ("members", "I"), ("below", "4B"), ("others", "R"),
    ],
    "DeckMembers": [("first", "I"), ("count", "I")],
    "u8": [("value", "B")],
    "u32": [("value", "I")],
    "u64": [("value", "Q")],
    "country": [("value", "2s")],
}

# Sections in their order, and what they hold.
SECTIONS = [
    ("Strings", "u8"), ("Plan", "Plan"), ("Accounts", "Account"), ("Trunks", "Trunk"), ("Sources", "Source"),
    ("Providers", "Provider"), ("Routes", "Route"), ("Gateways", "Gateway"), ("Partitions", "Partition"),
    ("Members", "Member"), ("PartitionLists", "u32"), ("Limits", "Limit"), ("Decks", "Deck"), ("Tariffs", "Tariff"),
    ("CodeNpas", "u32"), ("CodeNxxs", "u32"), ("CodeNodes", "Node"), ("Rows", "u32"), ("PlaceNpas", "u32"),
    ("PlaceNxxs", "u32"), ("PlaceNodes", "Node"), ("Places", "Place"), ("LocalPairs", "LocalPair"),
    ("Digits", "u64"), ("Countries", "country"), ("Numbers", "u32"), ("RouteLists", "u32"), ("Users", "User"),
    ("DialRules", "DialRule"), ("Wallets", "Wallet"), ("Dids", "Did"), ("Overrides", "Override"),
    ("ShortCodes", "u32"), ("Exclusions", "Exclusion"), ("Schedules", "Schedule"), ("Windows", "Window"),
    ("Zones", "Zone"), ("OffsetChanges", "OffsetChange"), ("DeckPlaces", "u32"), ("OcnRows", "Ocn"),
    ("CicRows", "Cic"), ("PartitionDecks", "PartitionDecks"), ("DeckMembers", "DeckMembers"),
    ("MemberLists", "u32"), ("LocalStarts", "u32"),
]

INTERSTATE, INTRASTATE, LOCAL, INDETERMINATE, DEFAULT = range(5)
HEAD_MAX = 24

Price = namedtuple("Price", "rate matched version tariff")
# Its parent's word or None; its code's length; its shelf; the price codes of each column by the deck's place; the places of the
# decks that take their intrastate price for an indeterminate call; the word behind it.
Row = namedtuple("Row", "parent length shelf columns by_intrastate end")


def places(mask):
    """The places of the bits of a mask of words."""
    return [64 * at + bit for at, word in enumerate(mask) for bit in range(64) if word >> bit & 1]


def layout(record):
    """The `struct` of a record, and which of its values are what."""
    types, fields = "<", []
    for field in RECORDS[record]:
        if isinstance(field, int):
            types += f"{field}s"
            fields.append((None, "zero", 1))
            continue
        name, kind = field
        if kind in "SR":
            types += "II"
            fields.append((name, kind, 2))
        else:
            types += kind
            count = int(kind[:-1] or 1) if kind[-1] != "s" else 1
            fields.append((name, "values" if count > 1 else "value", count))
    return struct.Struct(types), fields


LAYOUTS = {record: layout(record) for record in RECORDS}


class Snapshot:
    """One snapshot."""

    def __init__(self, data):
        self.data = data
        self.read_head()
        self.sections = {}
        self.read_sections()
        self.records = {}
        for name, record in SECTIONS:
            if RECORDS[record] and name not in ("Strings", "Rows"):
                self.records[name] = [self.unpack(record, piece) for piece in self.pieces(name, record)]
        if len(self.records["Plan"]) != 1:
            raise SnapshotError("there is one plan")

    def read_head(self):
        if len(self.data) < HEADER or self.data[:8] != b"TANDEMSN":
            raise SnapshotError("no snapshot")
        (version, count, length, self.valid_from, self.valid_until, self.content_id, table_sum) = struct.unpack(
            "<IIQqqQI", self.data[8:52])
        if version != VERSION:
            raise SnapshotError(f"version {version}; this reader reads {VERSION}")
        if zlib.crc32(self.data[:60]) != struct.unpack("<I", self.data[60:64])[0]:
            raise SnapshotError("the header is damaged")
        if length != len(self.data) or count != len(SECTIONS) or self.data[52:60] != bytes(8):
            raise SnapshotError("the header is not as the format says")
        self.table = self.data[HEADER:HEADER + ENTRY * count]
        if zlib.crc32(self.table) != table_sum:
            raise SnapshotError("the section table is damaged")
        content = hashlib.sha256(self.data[HEADER:]).digest()[:8]
        if int.from_bytes(content, "little") != self.content_id:
            raise SnapshotError("the content is not what the content id names")

    def read_sections(self):
        end = HEADER + len(self.table)
        for number, (name, record) in enumerate(SECTIONS):
            entry = struct.unpack_from("<IIQQII", self.table, number * ENTRY)
            (found, size, offset, length, checksum, zero) = entry
            start = (end + 63) // 64 * 64
            well = found == number and size == LAYOUTS[record][0].size and offset == start and length % size == 0
            if not well or zero or offset + length > len(self.data) or any(self.data[end:start]):
                raise SnapshotError(f"section {name} is not as the format says: {entry}")
            content = self.data[offset:offset + length]
            if zlib.crc32(content) != checksum:
                raise SnapshotError(f"section {name} is damaged")
            self.sections[name] = content
            end = offset + length
        if end != len(self.data):
            raise SnapshotError("there is something behind the last section")

    def pieces(self, name, record):
        size = LAYOUTS[record][0].size
        content = self.sections[name]
        return (content[at:at + size] for at in range(0, len(content), size))

    def unpack(self, record, piece):
        """A record as a dictionary; a list of plain values has them as they are."""
        packing, fields = LAYOUTS[record]
        values = iter(packing.unpack(piece))
        out = {}
        for name, kind, count in fields:
            taken = [next(values) for _ in range(count)]
            if kind == "zero":
                if any(taken[0]):
                    raise SnapshotError(f"{record}: zeros are not zero")
            elif kind == "S":
                out[name] = self.text(*taken)
            else:
                out[name] = taken[0] if kind == "value" else tuple(taken)
        return out["value"] if list(out) == ["value"] else out

    def text(self, offset, length):
        strings = self.sections["Strings"]
        if offset + length > len(strings):
            raise SnapshotError("a text lies outside of the strings")
        return strings[offset:offset + length].decode("utf-8")

    # What there is.

    def names(self, section):
        """The ids of a section."""
        return [record["name"] for record in self.records[section]]

    def named(self, section, name):
        """The place of a record, and the record."""
        for place, record in enumerate(self.records[section]):
            if record["name"] == name:
                return place, record
        raise KeyError(name)

    def range(self, section, first_and_count):
        """The records of a range."""
        first, count = first_and_count
        if first + count > len(self.records[section]):
            raise SnapshotError(f"a range leads outside of {section}")
        return self.records[section][first:first + count]

    def trunk_of(self, address):
        """The name of the trunk of a 128-bit source address; None if nobody has it."""
        sources = self.records["Sources"]
        number = lambda source: int.from_bytes(source["network"], "little")
        below = [place for place, source in enumerate(sources) if number(source) <= address]
        place = below[-1] if below else NONE
        while place != NONE:
            source = sources[place]
            shift = 128 - source["prefix_len"]
            if address >> shift == number(source) >> shift:
                return self.records["Trunks"][source["trunk"]]["name"]
            place = source["parent"]
        return None

    # Digit trees.

    def leaf(self, tree, root, number):
        """The leaf that a number leads to; None if it leads nowhere."""
        npas, nxxs, nodes = (self.records[tree + part] for part in ("Npas", "Nxxs", "Nodes"))
        digits = [int(digit) for digit in number]
        node = root
        if number.startswith("1"):
            if not (len(digits) == 11 and digits[1] >= 2 and digits[4] >= 2):
                return None
            reference = npas[1000 * root + int(number[1:4])]
            if not reference >> 31:
                return reference - 1 if reference else None
            reference = nxxs[1000 * (reference & 0x7FFFFFFF) + int(number[4:7])]
            if not reference >> 31:
                return reference - 1 if reference else None
            node, digits = reference & 0x7FFFFFFF, digits[7:]
        for digit in digits:
            reference = nodes[node]["next"][digit]
            if not reference:
                break
            if not reference >> 31:
                return reference - 1
            node = reference & 0x7FFFFFFF
        here = nodes[node]["here"]
        return here - 1 if here else None

    def place(self, number):
        """Where the numbering table has a number; None if it is not in it."""
        leaf = self.leaf("Place", 0, number)
        return None if leaf is None else self.records["Places"][leaf]

    def is_local(self, a, b):
        """Whether two rate centres call each other locally."""
        low, high = sorted((a, b))
        starts = self.records["LocalStarts"]
        if low + 1 >= len(starts):
            return False
        pairs = self.records["LocalPairs"][starts[low]:starts[low + 1]]
        if any(pair["low"] != low for pair in pairs):
            raise SnapshotError("a pair stands at another rate centre's start")
        return any(pair["high"] == high for pair in pairs)

    # Prices.

    def row(self, word):
        """The row that begins at a word."""
        rows, at = self.sections["Rows"], word * 4
        if at + 16 > len(rows):
            raise SnapshotError("a row lies outside of its section")
        parent, length, shelf, *counts = struct.unpack_from("<IBB5H", rows, at)
        width = 4 if length & 16 else 2
        at += 16
        words = length >> 5
        if words > 4 or at + 8 * words > len(rows):
            raise SnapshotError("a row's bits are not as the format says")
        bits = int.from_bytes(rows[at:at + 8 * words], "little")
        if words and not bits >> 64 * (words - 1):
            raise SnapshotError("a row's last word of bits is empty")
        by_intrastate = {place for place in range(64 * words) if bits >> place & 1}
        at += 8 * words
        columns = [[] for _ in counts]
        heads = [min(count, HEAD_MAX) for count in counts]
        tails = [count - head for count, head in zip(counts, heads)]
        for column, count in list(enumerate(heads)) + list(enumerate(tails)):
            end = at + count * (1 + width)
            if end > len(rows):
                raise SnapshotError("a row's prices lie outside of its section")
            places = rows[at:at + count]
            codes = struct.unpack_from(f"<{count}{'I' if width == 4 else 'H'}", rows, at + count)
            columns[column] += zip(places, codes)
            at = end
        if parent > word:
            raise SnapshotError("a row's parent stands behind it")
        columns = [dict(column) for column in columns]
        return Row(parent - 1 if parent else None, length & 15, shelf, columns, by_intrastate, (at + 3) // 4)

    def rows(self):
        """All rows, one behind another."""
        word = 0
        while word * 4 < len(self.sections["Rows"]):
            row = self.row(word)
            yield row
            word = row.end

    def members_of_decks(self, decks):
        """A partition's decks: each place, and the members that ask it, by whatever number."""
        at = decks["members"]
        for place in places([a | b for a, b in zip(decks["by_lrn"], decks["by_dnis"])]):
            [own] = self.range("DeckMembers", (at, 1))
            alone = own["count"] == 1
            members = [own["first"]] if alone else self.range("MemberLists", (own["first"], own["count"]))
            yield place, members
            at += 1

    def price(self, deck, number, jurisdiction, *, us_geographic=True, same_state=False):
        """What a deck asks for a number: a Price, "no_rate" or "blocked_row"."""
        _, record = self.named("Decks", deck)
        word = self.leaf("Code", record["shelf"], number)
        while word is not None:
            row = self.row(word)
            parent, length = row.parent, row.length
            written = [column.get(record["place"]) for column in row.columns]
            if any(code is not None for code in written):
                if number[:length] == "1" and not us_geographic:
                    return "no_rate"
                return self.quote(record, written, jurisdiction, same_state, length)
            word = parent
        return "no_rate"

    def price_by_place(self, deck, ocn, lata, tier, jurisdiction, same_state=False):
        """What a deck asks for an OCN and a LATA; `matched` is 16 for both, 17 for the OCN, 18 for the LATA."""
        slot, record = self.named("Decks", deck)
        rows = {(row["ocn"], row["lata"], row["tier"]): row["prices"]
                for row in self.records["OcnRows"] if row["deck"] == slot}
        for matched, key in ((16, (ocn, lata)), (17, (ocn, 0)), (18, (bytes(4), lata))):
            for with_tier in (tier, 0):
                prices = rows.get((*key, with_tier)) if any(key[0]) or key[1] else None
                if prices is not None:
                    # 0 is a price that is not written.
                    written = [code or None for code in prices]
                    return self.quote(record, written, jurisdiction, same_state, matched)
        return "no_rate"

    def quote(self, deck, written, jurisdiction, same_state, matched):
        tariff = lambda code: self.records["Tariffs"][deck["first_tariff"] + code - 2]
        first = lambda *codes: next((code for code in codes if code is not None), None)

        def by_state(column):
            has_neither = written[INTERSTATE] is None and written[INTRASTATE] is None
            return written[DEFAULT] if has_neither else written[column]

        def by_policy():
            both = [code for code in (by_state(INTERSTATE), by_state(INTRASTATE)) if code]
            if deck["ij_policy"] == 0:
                return 1 if 1 in both else max(both, key=lambda code: tariff(code)["rate_nano_per_min"], default=None)
            return {1: by_state(INTERSTATE), 2: by_state(INTRASTATE), 3: None}[deck["ij_policy"]]

        if jurisdiction in ("interstate", "intrastate"):
            code = by_state(INTERSTATE if jurisdiction == "interstate" else INTRASTATE)
        elif jurisdiction == "local":
            code = first(written[LOCAL], by_state(INTRASTATE if same_state else INTERSTATE))
        elif jurisdiction == "indeterminate":
            code = first(written[INDETERMINATE], written[DEFAULT], by_policy())
        else:
            code = first(written[DEFAULT], written[INTERSTATE])
        if not code:
            return "no_rate"
        if code == 1:
            return "blocked_row"
        if code - 2 >= deck["tariff_count"]:
            raise SnapshotError("a price leads outside of its deck's tariffs")
        found = tariff(code)
        return Price(found["rate_nano_per_min"], matched, found["deck_version"], found)
