local tandem = require "tandem"
tandem.attach{snapshot = os.getenv("TANDEM_SNAPSHOT"), state = os.getenv("TANDEM_STATE")}

local ROUNDS = 300000

local function ns(body)
    local began = os.clock()
    for _ = 1, ROUNDS do end
    local empty = os.clock() - began
    began = os.clock()
    for _ = 1, ROUNDS do body() end
    return math.floor((os.clock() - began - empty) * 1e9 / ROUNDS)
end

function ksr_request_route() return 1 end

function cost()
    local handle = tandem.decide("127.0.0.10", "12125550142", "13125550123", "cost-lua", "tag", "1", "z9hG4bK")
    local alive = ns(function() tandem.alive(handle) end)
    local next_leg = ns(function() local dial = tandem.next(handle, 0) end)
    KSR.err("cost lua: alive " .. alive .. " ns, next " .. next_leg .. " ns\n")
    KSR.tandem.decide_as("127.0.0.10", "12125550142", "13125550123", "")
    handle = KSR.pv.get("$tandem(handle)")
    alive = ns(function() KSR.tandem.alive(handle) end)
    next_leg = ns(function() KSR.tandem.next(handle, 0) local dial = KSR.pv.get("$tandem(dial)") end)
    KSR.err("cost lua, KSR.tandem: alive " .. alive .. " ns, next " .. next_leg .. " ns\n")
    return 1
end
