-- What kamailio-cfg/wholesale.lua does when Kamailio fails it. WHOLESALE is set by tests/lua.rs.
-- Kamailio and Tandem are stand-ins that note what is asked of them; `answers` says what they answer.

local noted, answers, vars

local function stand_in(name)
    return setmetatable({}, {
        __index = function(_, key) return stand_in(name .. "." .. key) end,
        __call = function(_, ...)
            local what = name:match("[^.]+$")
            noted[#noted + 1] = what .. "(" .. table.concat({...}, ",") .. ")"
            local answer = answers[what]
            if type(answer) == "function" then return answer(...) end
            return answer or 1
        end,
    })
end

KSR = stand_in("KSR")
package.loaded.tandem = {
    attach = function() return true end,
    decide = function() return "00000000000000aa", 7200, answers.again or false end,
    dip_wanted = function() return nil end,
    next = function(_, code)
        noted[#noted + 1] = "next(" .. code .. ")"
        if code == 0 then return "sip:1@first", 2, 1 end
    end,
    ended = function(handle, code) noted[#noted + 1] = "ended(" .. handle .. "," .. code .. ")" return true end,
}
dofile(WHOLESALE)

local function asked(what)
    for _, one in ipairs(noted) do
        if one == what then return true end
    end
    return false
end

-- Sends an INVITE through the configuration and checks what was asked, and what was not.
local function invite(title, with, wanted, unwanted)
    noted, vars = {}, {["$si"] = "192.0.2.10", ["$dlg(h_entry)"] = 1, ["$dlg(h_id)"] = 2,
        ["$ci"] = "call", ["$ft"] = "tag", ["$shtinc(claims=>$ci:$ft)"] = 1,
        ["$ct"] = "<sip:192.0.2.10>", ["$(ct{nameaddr.uri}{uri.host})"] = "192.0.2.10"}
    answers = {
        is_OPTIONS = false, is_CANCEL = false, is_ACK = false, is_INVITE = true,
        t_precheck_trans = -1, t_check_trans = -1, has_totag = -1, t_is_canceled = -1,
        is_null = function(name) return vars[name] == nil end,
        get = function(name) return vars[name] end,
        sets = function(name, value) vars[name] = value return 1 end,
    }
    -- `false` in `is_OPTIONS` and its like must stay false, not become 1.
    for name, answer in pairs(answers) do
        if answer == false then answers[name] = function() return false end end
    end
    for name, answer in pairs(with) do answers[name] = answer end
    assert(ksr_request_route() ~= nil, title .. ": no answer to Kamailio")
    for _, what in ipairs(wanted) do assert(asked(what), title .. ": " .. what .. " is missing: " .. table.concat(noted, " ")) end
    for _, what in ipairs(unwanted) do assert(not asked(what), title .. ": " .. what .. " should not be") end
end

local GIVEN_UP = {"ended(00000000000000aa,500)", "send_reply(500,Server Internal Error)"}

invite("all well", {}, {"t_relay()"}, GIVEN_UP)
invite("no transaction", {t_newtran = -1}, GIVEN_UP, {"t_relay()"})
invite("no dialog", {dlg_manage = -1}, GIVEN_UP, {"t_relay()"})
invite("a dialog that keeps nothing", {sets = function() return 1 end}, GIVEN_UP, {"t_relay()"})
invite("a dialog that is another's", {get = function(name) return name:find("claims") and 2 or vars[name] end},
    {"ended(00000000000000aa,482)", "send_reply(482,Loop Detected)"}, {"t_relay()"})
invite("an error", {record_route = function() error("planted") end}, GIVEN_UP, {"t_relay()"})
invite("a replay", {again = true}, {"send_reply(482,Loop Detected)"}, {"t_newtran()", "dlg_manage()", "ended(00000000000000aa,482)"})
invite("no way to the carrier", {t_relay = -1}, {"next(503)", "ended(00000000000000aa,503)"}, GIVEN_UP)
invite("cancelled between two legs", {t_relay = -1, t_is_canceled = 1}, {"ended(00000000000000aa,487)"}, {"next(503)", "ended(00000000000000aa,503)"})
invite("no Contact", {is_null = function(name) return name == "$ct" or vars[name] == nil end}, {"send_reply(400,Missing Contact)"},
    {"t_relay()", "dlg_manage()"})
invite("no From-tag", {is_null = function(name) return name == "$ft" or vars[name] == nil end}, {"send_reply(400,Missing From Tag)"},
    {"t_relay()", "dlg_manage()"})
invite("no transaction, and nothing can be read", {t_newtran = function() vars["$ci"], vars["$ft"] = nil, nil return -1 end}, GIVEN_UP, {"t_relay()"})
