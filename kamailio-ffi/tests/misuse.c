/* Everything that a program can do wrong with the library: each wrong thing is a status with a text, and nothing is read
 * or written that is not the library's. Run under AddressSanitizer and under Valgrind by c_program.rs.
 *
 * Arguments: snapshot, state, rounds, seed. Texts and structures lie on the heap, as long as they are said to be, so that
 * a byte too far is seen. Prints the line of the first thing that is not as it should be. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tandem.h"

#define CHECK(is_so) ((is_so) ? (void)0 : wrong(__LINE__, #is_so))

static void wrong(int line, const char *what) {
    char text[512];
    size_t len = tandem_last_error(text, sizeof text);
    printf("misuse.c:%d: %s (last error: %.*s)\n", line, what, (int)len, text);
    fflush(stdout);
    _exit(1);
}

/* A text on the heap, exactly as long as it is said to be; never freed before the end, so that who keeps it is not seen. */
static TandemText text(const char *s) {
    TandemText t = {NULL, strlen(s)};
    if (t.len) {
        char *copy = malloc(t.len);
        memcpy(copy, s, t.len);
        t.data = copy;
    }
    return t;
}

static void forget(TandemText t) { free((void *)t.data); }

static TandemStatus attach(const char *snapshot, const char *state) {
    TandemConfig *config = calloc(1, sizeof *config);
    config->size = sizeof *config;
    config->calls_max = 1000;
    config->snapshot = text(snapshot);
    config->state = text(state);
    TandemStatus status = tandem_attach(config);
    forget(config->snapshot);
    forget(config->state);
    free(config);
    return status;
}

static TandemStatus decide(const char *source, const char *dnis, const char *call_id, uint64_t *handle) {
    TandemCall *call = calloc(1, sizeof *call);
    TandemDecision *decision = calloc(1, sizeof *decision);
    call->size = sizeof *call;
    call->source = text(source);
    call->dnis = text(dnis);
    call->call_id = text(call_id);
    decision->size = sizeof *decision;
    TandemStatus status = tandem_decide(call, decision);
    if (handle) *handle = decision->handle;
    forget(call->source);
    forget(call->dnis);
    forget(call->call_id);
    free(decision);
    free(call);
    return status;
}

static TandemStatus next(uint64_t handle, uint16_t failed) {
    TandemNext *leg = calloc(1, sizeof *leg);
    leg->size = sizeof *leg;
    TandemStatus status = tandem_next(handle, failed, leg);
    free(leg);
    return status;
}

static uint32_t answered_now(void) {
    TandemStats stats = {.size = sizeof stats};
    CHECK(tandem_stats(&stats) == TANDEM_STATUS_OK);
    return stats.answered;
}

static void every_verb_before_attaching(void) {
    TandemDue due = {.size = sizeof due};
    TandemSnapshot snapshot = {.size = sizeof snapshot};
    TandemStats stats = {.size = sizeof stats};
    TandemText none = {NULL, 0};
    CHECK(decide("192.0.2.10", "+442079460123", "early", NULL) == TANDEM_STATUS_NOT_ATTACHED);
    CHECK(next(1, 0) == TANDEM_STATUS_NOT_ATTACHED);
    CHECK(tandem_ringing(1, 180) == TANDEM_STATUS_NOT_ATTACHED);
    CHECK(tandem_answered(1, 200) == TANDEM_STATUS_NOT_ATTACHED);
    TandemDip dip = {.size = sizeof dip};
    TandemCall call = {.size = sizeof call};
    TandemText question = {"lrn 12125550123", 15};
    CHECK(tandem_dip_wanted(&call, &dip) == TANDEM_STATUS_NOT_ATTACHED);
    CHECK(tandem_dip(question, &dip) == TANDEM_STATUS_NOT_ATTACHED);
    CHECK(tandem_ended(1, 0) == TANDEM_STATUS_NOT_ATTACHED);
    CHECK(tandem_alive(1) == TANDEM_STATUS_NOT_ATTACHED);
    CHECK(tandem_hint(none, 1) == TANDEM_STATUS_NOT_ATTACHED);
    CHECK(tandem_due(&due) == TANDEM_STATUS_NOT_ATTACHED);
    CHECK(tandem_publish(none) == TANDEM_STATUS_NOT_ATTACHED);
    CHECK(tandem_snapshot(&snapshot) == TANDEM_STATUS_NOT_ATTACHED);
    CHECK(tandem_stats(&stats) == TANDEM_STATUS_NOT_ATTACHED);
}

static void nulls(void) {
    TandemCall call = {.size = sizeof call};
    TandemDecision decision = {.size = sizeof decision};
    CHECK(tandem_attach(NULL) == TANDEM_STATUS_NULL_POINTER);
    CHECK(tandem_decide(NULL, &decision) == TANDEM_STATUS_NULL_POINTER);
    CHECK(tandem_decide(&call, NULL) == TANDEM_STATUS_NULL_POINTER);
    CHECK(tandem_simulate(NULL, &decision) == TANDEM_STATUS_NULL_POINTER);
    CHECK(tandem_simulate(&call, NULL) == TANDEM_STATUS_NULL_POINTER);
    CHECK(tandem_next(1, 0, NULL) == TANDEM_STATUS_NULL_POINTER);
    CHECK(tandem_due(NULL) == TANDEM_STATUS_NULL_POINTER);
    TandemText none = {NULL, 0};
    TandemDip dip = {.size = sizeof dip};
    CHECK(tandem_dip_wanted(NULL, &dip) == TANDEM_STATUS_NULL_POINTER);
    CHECK(tandem_dip_wanted(&call, NULL) == TANDEM_STATUS_NULL_POINTER);
    CHECK(tandem_dip(none, NULL) == TANDEM_STATUS_NULL_POINTER);
    TandemText http = {"http", 4};
    CHECK(tandem_dip_read(none, http, 200, none, NULL) == TANDEM_STATUS_NULL_POINTER);
    CHECK(tandem_dip_read(none, none, 200, none, &dip) == TANDEM_STATUS_BAD_ARGUMENT);
    CHECK(tandem_snapshot(NULL) == TANDEM_STATUS_NULL_POINTER);
    CHECK(tandem_stats(NULL) == TANDEM_STATUS_NULL_POINTER);
    CHECK(tandem_attestation(none) == 0);
    CHECK(tandem_last_error(NULL, 100) == 0 && tandem_reason_name(1, NULL, 100) == 0);
    CHECK(tandem_status_name(12345) == NULL && tandem_status_name(-2147483647) == NULL);
}

/* Structures that are too small are refused by their first four bytes; of larger ones the end is left alone. */
#define SIZES(Type, call_with)                                                       \
    do {                                                                             \
        for (uint32_t size = 0; size < sizeof(Type); size += sizeof(Type) / 2) {     \
            Type *small = malloc(size < 8 ? 8 : size);                               \
            memcpy(small, &size, sizeof size);                                       \
            CHECK(call_with(small) == TANDEM_STATUS_BAD_SIZE);                       \
            free(small);                                                             \
        }                                                                            \
        unsigned char *large = calloc(1, sizeof(Type) + 64);                         \
        uint32_t size = sizeof(Type) + 64;                                           \
        memcpy(large, &size, sizeof size);                                           \
        memset(large + sizeof(Type), 0xa5, 64);                                      \
        CHECK(call_with((Type *)large) != TANDEM_STATUS_BAD_SIZE);                   \
        for (int i = 0; i < 64; i++) CHECK(large[sizeof(Type) + i] == 0xa5);         \
        CHECK(call_with((Type *)(large + 1)) == TANDEM_STATUS_BAD_ARGUMENT);         \
        free(large);                                                                 \
    } while (0)

static TandemStatus decide_into(TandemDecision *decision) {
    static const char source[] = "192.0.2.99";
    TandemCall call = {.size = sizeof call, .source = {source, sizeof source - 1}, .call_id = {"sizes", 5}};
    return tandem_decide(&call, decision);
}

static TandemStatus decide_of(TandemCall *call) {
    TandemDecision decision = {.size = sizeof decision};
    return tandem_decide(call, &decision);
}

static TandemStatus dip_into(TandemDip *dip) {
    TandemText none = {NULL, 0}, http = {"http", 4};
    return tandem_dip_read(none, http, 200, none, dip);
}

static TandemStatus next_into(TandemNext *leg) { return tandem_next(1, 0, leg); }

static void sizes(void) {
    SIZES(TandemConfig, tandem_attach);
    SIZES(TandemCall, decide_of);
    SIZES(TandemDecision, decide_into);
    SIZES(TandemNext, next_into);
    SIZES(TandemDip, dip_into);
    SIZES(TandemDue, tandem_due);
    SIZES(TandemSnapshot, tandem_snapshot);
    SIZES(TandemStats, tandem_stats);
}

static void wrong_attachments(const char *snapshot, const char *state) {
    char told[512];
    CHECK(attach("", state) == TANDEM_STATUS_BAD_ARGUMENT);
    CHECK(attach(snapshot, "") == TANDEM_STATUS_BAD_ARGUMENT);
    CHECK(attach("\xff\xfe", state) == TANDEM_STATUS_BAD_ARGUMENT);
    CHECK(attach("/nowhere/plan.snapshot", state) == TANDEM_STATUS_ATTACH_FAILED);
    size_t len = tandem_last_error(told, sizeof told);
    CHECK(len > 20 && memcmp(told, "snapshot /nowhere/plan.snapshot", 20) == 0);
    CHECK(tandem_last_error(told, len - 1) == 0);
    CHECK(attach("/", state) == TANDEM_STATUS_ATTACH_FAILED);
    CHECK(attach(snapshot, "/") == TANDEM_STATUS_ATTACH_FAILED);
}

static void wait_for(pid_t child, int killed_by) {
    int status;
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    if (killed_by) CHECK(WIFSIGNALED(status) && WTERMSIG(status) == killed_by);
    else CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Before the parent has attached: the child attaches for itself, and takes nothing along when it goes. */
static void fork_before_attach(const char *snapshot, const char *state) {
    pid_t child = fork();
    if (child == 0) {
        uint64_t handle;
        CHECK(attach(snapshot, state) == TANDEM_STATUS_OK);
        CHECK(decide("192.0.2.10", "+442079460123", "child-before", &handle) == TANDEM_STATUS_OK);
        CHECK(tandem_ended(handle, 487) == TANDEM_STATUS_OK);
        _exit(0);
    }
    wait_for(child, 0);
    CHECK(tandem_ended(1, 0) == TANDEM_STATUS_NOT_ATTACHED);
}

/* After it: the child uses what it inherited, attaches for itself at any time, and dies in any way. */
static void fork_after_attach(const char *snapshot, const char *state) {
    int told[2];
    uint64_t handle = 0;
    CHECK(pipe(told) == 0);
    pid_t child = fork();
    if (child == 0) {
        CHECK(decide("192.0.2.10", "+442079460123", "child-after", &handle) == TANDEM_STATUS_OK);
        CHECK(attach(snapshot, state) == TANDEM_STATUS_OK && attach(snapshot, state) == TANDEM_STATUS_OK);
        CHECK(tandem_answered(handle, 200) == TANDEM_STATUS_OK);
        CHECK(write(told[1], &handle, sizeof handle) == sizeof handle);
        raise(SIGKILL);
    }
    wait_for(child, SIGKILL);
    CHECK(read(told[0], &handle, sizeof handle) == sizeof handle);
    CHECK(answered_now() == 1);
    CHECK(tandem_ended(handle, 200) == TANDEM_STATUS_OK && answered_now() == 0);
    close(told[0]);
    close(told[1]);
}

static void wrong_order(void) {
    uint64_t handle;
    CHECK(decide("192.0.2.10", "+442079460123", "order", &handle) == TANDEM_STATUS_OK);
    CHECK(tandem_answered(handle, 200) == TANDEM_STATUS_OK);
    CHECK(tandem_ringing(handle, 180) == TANDEM_STATUS_OK);
    CHECK(next(handle, 503) == TANDEM_STATUS_NO_LEG);
    CHECK(tandem_answered(handle, 200) == TANDEM_STATUS_OK && answered_now() == 1);
    CHECK(tandem_ended(handle, 200) == TANDEM_STATUS_OK);
    CHECK(tandem_answered(handle, 200) == TANDEM_STATUS_OK && answered_now() == 0);
    CHECK(tandem_ended(handle, 999) == TANDEM_STATUS_OK);
    CHECK(next(handle, 0) == TANDEM_STATUS_NO_LEG);
    CHECK(next(handle + 1, 0) == TANDEM_STATUS_UNKNOWN_HANDLE);
    CHECK(tandem_alive(UINT64_MAX) == TANDEM_STATUS_UNKNOWN_HANDLE);
    CHECK(decide("", "+442079460123", "x", NULL) == TANDEM_STATUS_BAD_ARGUMENT);
    CHECK(decide("192.0.2.10", "+442079460123", "", NULL) == TANDEM_STATUS_BAD_ARGUMENT);
    TandemText number = {"+442079460123", 13}, impossible = {"x", (size_t)-1}, nowhere = {"/nowhere", 8}, attached = {NULL, 0};
    CHECK(tandem_hint(number, 3) == TANDEM_STATUS_BAD_ARGUMENT);
    CHECK(tandem_hint(impossible, 1) == TANDEM_STATUS_OK);
    CHECK(tandem_publish(nowhere) == TANDEM_STATUS_NODE_FAILED);
    CHECK(tandem_publish(attached) == TANDEM_STATUS_OK);
}

static uint32_t seed;

static uint32_t drawn(uint32_t below) {
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed % below;
}

/* Bytes of any kind, at times very many; at times no pointer at all. */
static TandemText noise(void) {
    TandemText t = {NULL, drawn(16) ? drawn(40) : drawn(70000)};
    if (drawn(8) == 0) return t;
    char *bytes = malloc(t.len ? t.len : 1);
    for (size_t i = 0; i < t.len; i++) bytes[i] = (char)(drawn(3) ? '0' + drawn(12) : drawn(256));
    t.data = bytes;
    return t;
}

/* A call whose handle is about to be lost is ended: an emergency call is let in beside the one that there is room for. */
static void keep(uint64_t *handle, uint64_t decided) {
    if (*handle != decided) tandem_ended(*handle, 0);
    *handle = decided;
}

/* Anything in any order: what comes back is a status that has a name. */
static void noises(int rounds) {
    TandemDecision *decision = calloc(1, sizeof *decision);
    uint64_t handles[16] = {0};
    for (int round = 0; round < rounds; round++) {
        uint64_t *handle = &handles[drawn(16)];
        uint16_t code = (uint16_t)(drawn(4) ? drawn(700) : drawn(65536));
        TandemCall call = {.size = sizeof call, .source = drawn(4) ? text("192.0.2.10") : noise()};
        call.ani = noise(), call.dnis = drawn(2) ? text("+442079460123") : noise();
        call.ani_lrn = noise(), call.dnis_lrn = noise(), call.lrn_dipped = drawn(3);
        call.call_id = noise(), call.from_tag = noise(), call.cseq = noise(), call.branch = noise();
        call.dip = noise(), call.identity = drawn(2) ? text("x.eyJhdHRlc3QiOiAiQyIgfQ.y") : noise();
        TandemStatus status = TANDEM_STATUS_OK;
        decision->size = sizeof *decision;
        TandemDip dip = {.size = sizeof dip};
        TandemText how = text(drawn(2) ? "http" : drawn(2) ? "sip" : "enum");
        switch (drawn(11)) {
            case 0: case 1:
                status = tandem_decide(&call, decision);
                if (status == TANDEM_STATUS_OK) keep(handle, decision->handle);
                break;
            case 2: status = tandem_simulate(&call, decision); break;
            case 3: status = next(*handle, code); break;
            case 4: status = tandem_answered(*handle, code); break;
            case 5: status = tandem_ended(*handle, code); break;
            case 6: status = tandem_dip_wanted(&call, &dip); break;
            case 7: status = tandem_dip_read(call.dnis, how, code, call.ani, &dip); break;
            case 9: CHECK(tandem_attestation(drawn(2) ? call.dnis : call.identity) < 'D'); break;
            case 8: status = tandem_hint(call.dnis, drawn(4)); break;
            default: status = tandem_ringing(drawn(2) ? *handle : drawn(5000), code); break;
        }
        CHECK(tandem_status_name(status) != NULL && status != TANDEM_STATUS_PANICKED);
        TandemText all[] = {call.source,   call.ani,      call.dnis, call.ani_lrn, call.dnis_lrn,
                            call.call_id, call.from_tag, call.cseq, call.branch, how, call.dip, call.identity};
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) forget(all[i]);
    }
    for (int i = 0; i < 16; i++) tandem_ended(handles[i], 0);
    free(decision);
}

static void *a_thread(void *name) {
    for (int round = 0; round < 50; round++) {
        uint64_t handle = 0;
        char call_id[32];
        snprintf(call_id, sizeof call_id, "%s-%d", (const char *)name, round);
        TandemStatus status = decide("192.0.2.10", "+442079460123", call_id, &handle);
        CHECK(status == TANDEM_STATUS_OK || status == TANDEM_STATUS_REJECTED);
        if (status == TANDEM_STATUS_OK) CHECK(tandem_ended(handle, 487) == TANDEM_STATUS_OK);
    }
    return NULL;
}

static void threads(void) {
    pthread_t one, two;
    CHECK(pthread_create(&one, NULL, a_thread, "one") == 0 && pthread_create(&two, NULL, a_thread, "two") == 0);
    CHECK(pthread_join(one, NULL) == 0 && pthread_join(two, NULL) == 0);
}

int main(int argc, char **argv) {
    if (argc != 5) return 2;
    const char *snapshot = argv[1], *state = argv[2];
    seed = (uint32_t)strtoul(argv[4], NULL, 10) | 1;
    every_verb_before_attaching();
    nulls();
    wrong_attachments(snapshot, state);
    fork_before_attach(snapshot, state);
    CHECK(attach(snapshot, state) == TANDEM_STATUS_OK && attach(snapshot, state) == TANDEM_STATUS_OK);
    CHECK(attach("/elsewhere", state) == TANDEM_STATUS_ATTACHED_ELSEWHERE);
    CHECK(attach(snapshot, "/elsewhere") == TANDEM_STATUS_ATTACHED_ELSEWHERE);
    nulls();
    sizes();
    fork_after_attach(snapshot, state);
    wrong_order();
    threads();
    noises(atoi(argv[3]));
    CHECK(answered_now() == 0);
    puts("as it should be");
    return 0;
}
