import ctypes
import os
import time
import timeit

import KSR
import tandem

tandem.attach(os.environ["TANDEM_SNAPSHOT"], os.environ["TANDEM_STATE"])
ROUNDS = 300000


class Next(ctypes.Structure):
    _fields_ = [("size", ctypes.c_uint32), ("leg", ctypes.c_uint32), ("dial_timeout_sec", ctypes.c_uint32),
                ("dial_string_len", ctypes.c_uint32), ("dial_string", ctypes.c_char * 1024)]


def ns(body):
    empty = timeit.timeit(lambda: None, timer=time.process_time, number=ROUNDS)
    return int((timeit.timeit(body, timer=time.process_time, number=ROUNDS) - empty) * 1e9 / ROUNDS)


def tell(name, alive, next_leg):
    KSR.err(f"cost {name}: alive {ns(alive)} ns, next {ns(next_leg)} ns\n")


def ctypes_next(library, handle, leg):
    library.tandem_next(handle, 0, ctypes.byref(leg))
    return leg.dial_string[:leg.dial_string_len].decode()


def kemi_next(handle):
    KSR.tandem.next(handle, 0)
    return KSR.pv.get("$tandem(dial)")


class Routes:
    def child_init(self, rank):
        return 0

    def ksr_request_route(self, msg):
        return 1

    def cost(self, msg, event=None):
        handle, _, _ = tandem.decide("127.0.0.10", "12125550142", "13125550123", "cost-py", "tag", 1, "z9hG4bK")
        tell("python", lambda: tandem.alive(handle), lambda: tandem.next(handle, 0))
        library = ctypes.CDLL(os.environ["TANDEM_LIBRARY"])
        library.tandem_alive.argtypes = [ctypes.c_uint64]
        library.tandem_next.argtypes = [ctypes.c_uint64, ctypes.c_uint16, ctypes.POINTER(Next)]
        number, leg = int(handle, 16), Next(size=ctypes.sizeof(Next))
        tell("python, ctypes", lambda: library.tandem_alive(number), lambda: ctypes_next(library, number, leg))
        KSR.tandem.decide_as("127.0.0.10", "12125550142", "13125550123", "")
        handle = KSR.pv.get("$tandem(handle)")
        tell("python, KSR.tandem", lambda: KSR.tandem.alive(handle), lambda: kemi_next(handle))
        return 1


def mod_init():
    return Routes()
