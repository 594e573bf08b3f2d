/* A C program as a customer would write it: the header compiles with all warnings, the library links without
 * Lua, one call is decided. Arguments: snapshot, state. Prints one line. */
#include <stdio.h>
#include <string.h>

#include "tandem.h"

static TandemText text(const char *s) {
    TandemText t = {s, strlen(s)};
    return t;
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    TandemConfig config = {sizeof config, 100, text(argv[1]), text(argv[2])};
    if (tandem_attach(&config) != TANDEM_STATUS_OK) return 3;

    TandemCall call;
    memset(&call, 0, sizeof call);
    call.size = sizeof call;
    call.source = text("192.0.2.10");
    call.dnis = text("+442079460123");
    call.call_id = text("from-c");
    TandemDecision decision;
    decision.size = sizeof decision;
    if (tandem_decide(&call, &decision) != TANDEM_STATUS_OK) return 4;

    TandemNext leg;
    leg.size = sizeof leg;
    if (tandem_next(decision.handle, 0, &leg) != TANDEM_STATUS_OK) return 5;
    printf("%d legs, %.*s, cost %lld\n", decision.leg_count, (int)leg.dial_string_len, leg.dial_string,
           (long long)decision.legs[0].cost_nano);
    return tandem_ended(decision.handle, 487) == TANDEM_STATUS_OK ? 0 : 6;
}
