/* The C ABI of Tandem: routing, rating and admission of calls. See docs/ABI.md.
 *
 * Generated from kamailio-ffi/src by `make header`. Do not edit.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0 */

#ifndef TANDEM_H
#define TANDEM_H

#include <stddef.h>
#include <stdint.h>

// Most legs of a call.
#define TANDEM_LEGS_MAX 8

// Bytes of text in a decision.
#define TANDEM_TEXT_LEN 4096

// Longest text of a `TandemDip`.
#define TANDEM_DIP_LEN 64

// Longest dial string.
#define TANDEM_DIAL_STRING_LEN 1024

// Reasons that `TandemStats` counts one by one.
#define TANDEM_REASONS_MAX 64

// Most calls that one `tandem_due` names.
#define TANDEM_DUE_MAX 64

// Whether a call of the library did what it should. Numbers are only ever added.
enum TandemStatus
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  // Done.
  TANDEM_STATUS_OK = 0,
  // The call is refused; reason and SIP code say why. `tandem_decide` only.
  TANDEM_STATUS_REJECTED = 1,
  // No leg is left, or the answer does not lead to another leg. `tandem_next` only.
  TANDEM_STATUS_NO_LEG = 2,
  // A pointer that must not be null is null.
  TANDEM_STATUS_NULL_POINTER = -1,
  // The `size` of a structure is smaller than what this library writes or reads.
  TANDEM_STATUS_BAD_SIZE = -2,
  // A text is not UTF-8 or not what it must be; `tandem_last_error` says which.
  TANDEM_STATUS_BAD_ARGUMENT = -3,
  // `tandem_attach` has not succeeded in this process or before its fork.
  TANDEM_STATUS_NOT_ATTACHED = -4,
  // The node cannot be attached; `tandem_last_error` says why.
  TANDEM_STATUS_ATTACH_FAILED = -5,
  // The node is already attached, with other paths.
  TANDEM_STATUS_ATTACHED_ELSEWHERE = -6,
  // No call has this handle, or it has none any more.
  TANDEM_STATUS_UNKNOWN_HANDLE = -7,
  // The caller's buffer is too short for the text.
  TANDEM_STATUS_BUFFER_TOO_SHORT = -8,
  // The node failed; `tandem_last_error` says how.
  TANDEM_STATUS_NODE_FAILED = -9,
  // A bug in the library: a panic was caught. The process can go on.
  TANDEM_STATUS_PANICKED = -10,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum TandemStatus TandemStatus;
#else
typedef int32_t TandemStatus;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// Why a call is refused or a route dropped. Numbers are only ever added. See docs/REASONS.md.
enum TandemReason
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint16_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  // Not refused.
  TANDEM_REASON_NONE = 0,
  // No trunk has this source address or user (2.1).
  TANDEM_REASON_UNKNOWN_TRUNK = 1,
  // The account is not active (2.3).
  TANDEM_REASON_ACCOUNT_SUSPENDED = 2,
  // The trunk is not active (2.3).
  TANDEM_REASON_TRUNK_DISABLED = 3,
  // The called number is not a valid one (2.4).
  TANDEM_REASON_INVALID_NUMBER = 4,
  // The trunk demands a valid calling number and there is none (2.4).
  TANDEM_REASON_INVALID_ANI = 5,
  // No partition is active for this call (2.5, 2.9).
  TANDEM_REASON_NO_PARTITION = 6,
  // The calling number is on the do-not-originate list (2.6).
  TANDEM_REASON_DNO = 7,
  // The calling number is blocked (2.6).
  TANDEM_REASON_BLOCKED_ANI = 8,
  // The called number is blocked (2.6).
  TANDEM_REASON_BLOCKED_DNIS = 9,
  // The trunk may not call this class of destination or this country (2.6).
  TANDEM_REASON_DESTINATION_NOT_ALLOWED = 10,
  // An exclusion forbids the destination or the route (2.6, 5).
  TANDEM_REASON_EXCLUDED = 11,
  // Calls per second of account, trunk or partition are used up (2.7, 2.9).
  TANDEM_REASON_CPS_EXCEEDED = 12,
  // Concurrent calls of account, trunk or partition are at their cap (2.7, 2.9).
  TANDEM_REASON_CONCURRENCY_EXCEEDED = 13,
  // A volume limit of account, trunk or partition is used up (2.7, 2.9).
  TANDEM_REASON_VOLUME_EXCEEDED = 14,
  // A spend limit of account, trunk or partition is used up (2.7, 2.9).
  TANDEM_REASON_SPEND_EXCEEDED = 15,
  // No wallet covers the call (2.8, 2.10).
  TANDEM_REASON_INSUFFICIENT_BALANCE = 16,
  // The call came back from a provider that it was sent to (7.1).
  TANDEM_REASON_LOOP_DETECTED = 17,
  // Every eligible target is at its cap of concurrent calls (2.11).
  TANDEM_REASON_TARGET_CONCURRENCY_EXCEEDED = 18,
  // Every eligible target is at its calls per second (2.11).
  TANDEM_REASON_TARGET_CPS_EXCEEDED = 19,
  // Every eligible target has used up a volume limit (2.11).
  TANDEM_REASON_TARGET_VOLUME_EXCEEDED = 20,
  // Every eligible target has used up a spend limit (2.11).
  TANDEM_REASON_TARGET_SPEND_EXCEEDED = 21,
  // Every priced route costs more per minute than allowed (2.11, 5).
  TANDEM_REASON_OVER_RATE_LIMIT = 22,
  // Every priced route leaves less margin than required (2.11, 5).
  TANDEM_REASON_MARGIN_PROTECTED = 23,
  // Nothing says what the account pays for the call (9.6).
  TANDEM_REASON_NO_SELL_RATE = 24,
  // No route of the partition takes the call (2.11).
  TANDEM_REASON_NO_ROUTE = 25,
  // The node's call table is full: it can hold no further call.
  TANDEM_REASON_CALL_TABLE_FULL = 26,
  // Route, provider or membership is not active, or the provider has reference prices only (4.1, 5).
  TANDEM_REASON_DISABLED = 27,
  // A forced route of mode `only` replaces this one (4.6).
  TANDEM_REASON_OVERRIDDEN = 28,
  // The call came from this provider (5).
  TANDEM_REASON_LOOP = 29,
  // The route does not take this class of calling number (5).
  TANDEM_REASON_ANI_CLASS = 30,
  // The provider does not take this class of traffic (5).
  TANDEM_REASON_TRAFFIC_CLASS = 31,
  // The deck has no price for this code and jurisdiction (4.3, 4.5).
  TANDEM_REASON_NO_RATE = 32,
  // The longest matching row, or its price, is blocked (4.4).
  TANDEM_REASON_BLOCKED_ROW = 33,
  // The route's quality is below the partition's floor (5).
  TANDEM_REASON_LOW_QUALITY = 34,
  // No gateway of the route is enabled and serves the called LATA (5).
  TANDEM_REASON_NO_GATEWAY = 35,
  // Eligible, but behind the last one that `max_results` or the strategy leaves (5.4).
  TANDEM_REASON_BEYOND_MAX_RESULTS = 36,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum TandemReason TandemReason;
#else
typedef uint16_t TandemReason;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// What a call is due for. Numbers are only ever added.
enum TandemDueFor
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  // Its hold was extended, or lasts otherwise than was told: `left_sec` is the dialog's new time-out.
  TANDEM_DUE_FOR_EXTENDED = 1,
  // Its hold is over: it is to be ended now. Named again every few seconds until it is.
  TANDEM_DUE_FOR_END = 2,
  // Nobody has reported its end for so long that it holds nothing any more. `tandem_alive` brings it back.
  TANDEM_DUE_FOR_EXPIRED = 3,
  // It was expired, and is over now.
  TANDEM_DUE_FOR_ENDED = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum TandemDueFor TandemDueFor;
#else
typedef uint32_t TandemDueFor;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// What is known of a call's number. Numbers are only ever added.
enum TandemDipFound
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  // Nothing, and nobody is to be asked: the call is routed on DNIS.
  TANDEM_DIP_FOUND_NOTHING = 0,
  // Services are to be asked: the text is the question, for `tandem_dip` and as the key of a cache.
  TANDEM_DIP_FOUND_ASK = 1,
  // The text is what is known: the `dip` of a `TandemCall`.
  TANDEM_DIP_FOUND_KNOWN = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum TandemDipFound TandemDipFound;
#else
typedef uint32_t TandemDipFound;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// A text that the caller owns. Not NUL-terminated; `data` may be null where `len` is 0.
typedef struct TandemText {
  // Its first byte.
  const char *data;
  // Its length in bytes.
  size_t len;
} TandemText;

// What `tandem_attach` needs.
typedef struct TandemConfig {
  // `sizeof(TandemConfig)`.
  uint32_t size;
  // Most calls of a new state file; 0 is the default.
  uint32_t calls_max;
  // Path of the published snapshot.
  struct TandemText snapshot;
  // Path of the node's state.
  struct TandemText state;
} TandemConfig;

// A call that asks to be decided. Empty texts are "not given".
typedef struct TandemCall {
  // `sizeof(TandemCall)`.
  uint32_t size;
  // 1 if the LRNs come from a dip of our own and count on every trunk; else 0.
  uint32_t lrn_dipped;
  // The source address, or `user:` and the name of a digest user that has proved who it is. Needed.
  struct TandemText source;
  // The calling number.
  struct TandemText ani;
  // The called number, or the request URI's user part with its RFC 4694 parameters.
  struct TandemText dnis;
  // The calling number's LRN.
  struct TandemText ani_lrn;
  // The called number's LRN.
  struct TandemText dnis_lrn;
  // Call-ID. Needed.
  struct TandemText call_id;
  // Tag of From.
  struct TandemText from_tag;
  // CSeq.
  struct TandemText cseq;
  // Branch of the top Via.
  struct TandemText branch;
  // What a dip of our own has found of the called number, as `TandemDip` gave it. Counts on every trunk, before
  // `dnis_lrn`.
  struct TandemText dip;
  // What the call's signer claims, for its record: the value of the header Identity (RFC 8224), or of several with commas
  // between them, as they came; or the attestation alone, `A`, `B` or `C`. Decides nothing, and nobody verifies it here.
  struct TandemText identity;
} TandemCall;

// A text within `TandemDecision.text`. Not NUL-terminated.
typedef struct TandemSlice {
  // Where it begins.
  uint16_t offset;
  // Its length in bytes; 0 if there is none.
  uint16_t len;
} TandemSlice;

// One attempt of a call on one gateway. Amounts are nano-units (1 USD = 1000000000): cost and buy price of the currency of the
// route's deck; what it sells for of that of the deck that it is sold by, else of the plan's.
typedef struct TandemLeg {
  // The SIP URI to call.
  struct TandemSlice dial_string;
  // The route's id.
  struct TandemSlice route;
  // The provider's id.
  struct TandemSlice provider;
  // The gateway's id.
  struct TandemSlice gateway;
  // What the call of the plan's reference duration costs.
  int64_t cost_nano;
  // What it sells for.
  int64_t price_nano;
  // Buy price a minute.
  int64_t rate_nano_per_min;
  // Sell price a minute.
  int64_t customer_rate_nano_per_min;
  // Seconds to wait for an answer before the next leg.
  uint32_t dial_timeout_sec;
  // Version of the deck that the buy price is from; 0 for none.
  uint32_t deck_version;
  // Digits of the deck's code that matched.
  uint8_t prefix_len;
  // Zero.
  uint8_t reserved[7];
} TandemLeg;

// A decision. Set `size` before the call; everything else is written, of `text` as much as there is.
typedef struct TandemDecision {
  // `sizeof(TandemDecision)`, set by the caller.
  uint32_t size;
  // Why the call is refused: the reason's number; 0 if it is admitted. See `tandem_reason_name`.
  uint16_t reason;
  // The SIP answer to a refused call; 0 if it is admitted.
  uint16_t sip_code;
  // Names an admitted call from here on; 0 if refused.
  uint64_t handle;
  // The generation of the snapshot that decided.
  uint64_t generation;
  // After how long the same call could pass, in nanoseconds, where that is known; else 0.
  uint64_t retry_after_ns;
  // The longest that the call may last, in seconds.
  uint32_t max_duration_sec;
  // What prices the call: 1 interstate, 2 intrastate, 3 local, 4 indeterminate, 5 toll-free, 6 zone 1,
  // 7 international; 0 if it was refused before that was known.
  uint8_t jurisdiction;
  // Legs that follow.
  uint8_t leg_count;
  // 1 for a retransmission: same handle, no second hold, no legs here; `tandem_next` gives the leg.
  uint8_t retransmission;
  // Zero.
  uint8_t reserved;
  // The calling number, E.164 digits; empty if missing or malformed.
  struct TandemSlice ani;
  // The called number, E.164 digits.
  struct TandemSlice dnis;
  // The called number's LRN that counted.
  struct TandemSlice dnis_lrn;
  // The trunk's id.
  struct TandemSlice trunk;
  // The account's id.
  struct TandemSlice account;
  // The partition's id.
  struct TandemSlice partition;
  // The legs, best first.
  struct TandemLeg legs[TANDEM_LEGS_MAX];
  // All texts, one after the other.
  char text[TANDEM_TEXT_LEN];
} TandemDecision;

// The leg to try. Set `size` before the call; everything else is written.
typedef struct TandemNext {
  // `sizeof(TandemNext)`, set by the caller.
  uint32_t size;
  // The leg's place in the decision, from 0.
  uint32_t leg;
  // Seconds to wait for an answer before the next leg.
  uint32_t dial_timeout_sec;
  // Bytes of the dial string.
  uint32_t dial_string_len;
  // The SIP URI to call. Not NUL-terminated.
  char dial_string[TANDEM_DIAL_STRING_LEN];
} TandemNext;

// A call that is due.
typedef struct TandemDueCall {
  // The call.
  uint64_t handle;
  // What for: a `TandemDueFor`.
  uint32_t due_for;
  // Seconds of talk that are left, where it was extended; else 0.
  uint32_t left_sec;
} TandemDueCall;

// Calls that are due. Set `size` before the call; everything else is written.
typedef struct TandemDue {
  // `sizeof(TandemDue)`, set by the caller.
  uint32_t size;
  // How many follow.
  uint32_t count;
  // 1 if there may be more: ask again at once.
  uint32_t more;
  // Zero.
  uint32_t reserved;
  // The calls.
  struct TandemDueCall calls[TANDEM_DUE_MAX];
} TandemDue;

// Which snapshot is live. Set `size` before the call; everything else is written.
typedef struct TandemSnapshot {
  // `sizeof(TandemSnapshot)`, set by the caller.
  uint32_t size;
  // Zero.
  uint32_t reserved;
  // Counts publications on this node, from 1.
  uint64_t generation;
  // Names the content.
  uint64_t content_id;
} TandemSnapshot;

// What the node has done and holds. Set `size` before the call; everything else is written.
typedef struct TandemStats {
  // `sizeof(TandemStats)`, set by the caller.
  uint32_t size;
  // Most calls that the table holds.
  uint32_t calls_max;
  // Calls being decided, tried or ringing.
  uint32_t in_setup;
  // Calls that are answered.
  uint32_t answered;
  // Calls that have ended and are not written yet.
  uint32_t ended;
  // Concurrency limits that are in use.
  uint32_t limits_in_use;
  // The sum of their counts.
  uint64_t slots_held;
  // The newest generation of the live snapshots: with a change scheduled, the one from then on.
  uint64_t generation;
  // Calls admitted since the state was made.
  uint64_t admitted;
  // Calls refused since then.
  uint64_t rejected;
  // Calls refused without a record, because the call table was full.
  uint64_t unrecorded;
  // Records written to segments.
  uint64_t records_written;
  // New generations that a process could not map.
  uint64_t refresh_failures;
  // Calls refused, by the reason's number.
  uint64_t rejected_by_reason[TANDEM_REASONS_MAX];
  // When the last of the live snapshots ends, in seconds since 1970 UTC; 0 if nothing scheduled ends it. Past it
  // the node goes on with prices that may be old: an alarm.
  int64_t snapshots_until_utc_sec;
  // Calls decided past that end.
  uint64_t late_decisions;
  // Emergency calls, admitted or refused; they are in those figures too.
  uint64_t emergency_calls;
  // Records of ended calls that were dropped, because the call table was full and the plan says so.
  uint64_t records_dropped;
  // Panics of the library that were caught: each is a bug.
  uint64_t panics;
} TandemStats;

// What is known of a call's number. Set `size` before the call; everything else is written.
typedef struct TandemDip {
  // `sizeof(TandemDip)`, set by the caller.
  uint32_t size;
  // A `TandemDipFound`.
  uint32_t found;
  // Bytes of the text.
  uint32_t text_len;
  // A question, or what is known. Not NUL-terminated.
  char text[TANDEM_DIP_LEN];
} TandemDip;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// Attaches the node. Once in the main process before the fork, and again in every worker; more often is
// harmless.
//
// # Safety
// `config` is null or points to a `TandemConfig` whose texts are readable for their lengths.
TandemStatus tandem_attach(const struct TandemConfig *config);

// Brings near what a decision of `number` will touch: `stage` 1 on arrival, 2 a moment later, and again for an LRN
// after its dip. Costs nothing worth saving, changes no answer; a text that is no number is no hint.
//
// # Safety
// `number.data` is null or readable for `number.len` bytes.
TandemStatus tandem_hint(struct TandemText number,
                         uint32_t stage);

// Decides a call and takes what it needs. `TANDEM_STATUS_OK`: admitted, `decision->handle` names it.
// `TANDEM_STATUS_REJECTED`: refused, `decision->reason` and `decision->sip_code` say why.
//
// # Safety
// `call` is null or points to a `TandemCall` whose texts are readable for their lengths; `decision` is null or
// points to a `TandemDecision` that nothing else uses.
TandemStatus tandem_decide(const struct TandemCall *call,
                           struct TandemDecision *decision);

// What `tandem_decide` would say now, with nothing held, counted or recorded: for people and tests. Call-ID and
// what else names a call may be missing; a handle is not given.
//
// # Safety
// As for [`tandem_decide`].
TandemStatus tandem_simulate(const struct TandemCall *call,
                             struct TandemDecision *decision);

// The leg to try now. With `failed_sip_code` 0: the leg that is admitted already. Else the current leg has
// failed with that code, and the next one that fits is admitted. `TANDEM_STATUS_NO_LEG`: none is left, or the
// code ends the call.
//
// # Safety
// `next` is null or points to a `TandemNext` that nothing else uses.
TandemStatus tandem_next(uint64_t handle, uint16_t failed_sip_code, struct TandemNext *next);

// The current leg rings.
TandemStatus tandem_ringing(uint64_t handle, uint16_t sip_code);

// The current leg answered.
TandemStatus tandem_answered(uint64_t handle, uint16_t sip_code);

// The call is over: what it holds is free. `sip_code` is the final answer of a call that was not answered; 0
// if not known.
TandemStatus tandem_ended(uint64_t handle, uint16_t sip_code);

// What time has brought: a timer calls it every second, in one process. It extends what prepaid calls hold, and names
// those whose dialog gets a new time-out, and those to end.
//
// # Safety
// `due` is null or points to a `TandemDue` that nothing else uses.
TandemStatus tandem_due(struct TandemDue *due);

// The call is known to live, by its dialog: what is believed of it holds for longer.
TandemStatus tandem_alive(uint64_t handle);

// Makes a published snapshot live in all processes of the node; the one that is live already changes nothing. An
// empty text is the path that was attached. If it is refused, what was live stays so.
//
// # Safety
// `snapshot.data` is null or readable for `snapshot.len` bytes.
TandemStatus tandem_publish(struct TandemText snapshot);

// Which snapshot is live.
//
// # Safety
// `snapshot` is null or points to a `TandemSnapshot` that nothing else uses.
TandemStatus tandem_snapshot(struct TandemSnapshot *snapshot);

// What the node has done and holds. Reads the whole call table: for people and metrics, not for each call.
//
// # Safety
// `stats` is null or points to a `TandemStats` that nothing else uses.
TandemStatus tandem_stats(struct TandemStats *stats);

// What a call's signer claims to know of its caller (RFC 8588), out of the value of the header Identity: `A`, `B`, `C`; 0
// for nothing that can be read. Nobody verifies it here. Needs no node.
//
// # Safety
// `identity.data` is null or readable for `identity.len` bytes.
char tandem_attestation(struct TandemText identity);

// The name of a status number, as in `tandem.h` without the prefix; null for none. Lives for ever.
const char *tandem_status_name(int32_t status);

// Writes the name of a reason's number; gives its length, or 0 where there is no such reason or no room.
//
// # Safety
// `buffer` is null or writable for `len` bytes.
size_t tandem_reason_name(uint16_t reason, char *buffer, size_t len);

// Writes the text of this thread's last failure; gives its length, or 0 where there is none or no room.
//
// # Safety
// `buffer` is null or writable for `len` bytes.
size_t tandem_last_error(char *buffer, size_t len);

// Whether the number of a call is to be asked about before `tandem_decide`: not where no LRN could change the decision. The
// file of ported numbers has been looked into. Takes nothing, and waits for nobody.
//
// # Safety
// `call` is null or points to a `TandemCall` whose texts are readable for their lengths; `dip` is null or points to a
// `TandemDip` that nothing else uses.
TandemStatus tandem_dip_wanted(const struct TandemCall *call,
                               struct TandemDip *dip);

// Asks the services a question that `tandem_dip_wanted` gave, one after another, and waits for an answer as long as is
// configured. `TANDEM_DIP_FOUND_NOTHING`: none came.
//
// # Safety
// `question.data` is null or readable for `question.len` bytes; `dip` is null or points to a `TandemDip` that nothing else
// uses.
TandemStatus tandem_dip(struct TandemText question,
                        struct TandemDip *dip);

// Reads the answer of a service that the program has asked itself. `how` is `sip` (`code` and the value of Contact), `http`
// (status and body) or `enum` (the expression). `TANDEM_DIP_FOUND_NOTHING`: it is no answer, another service may know.
//
// # Safety
// `number`, `how` and `text` are null or readable for their lengths; `dip` is null or points to a `TandemDip` that nothing
// else uses.
TandemStatus tandem_dip_read(struct TandemText number,
                             struct TandemText how,
                             uint16_t code,
                             struct TandemText text,
                             struct TandemDip *dip);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* TANDEM_H */
