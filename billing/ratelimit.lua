-- Admit one request to all its windows and one slot of running turns, or to none of them.
--
-- KEYS  a sorted set per window, then one of slots where slots are asked for
-- ARGV  member, number of windows, then limit and length (ms) of each, then limit and lease (ms),
--       then members whose slots are free again
-- Answers {refused, now, remaining, resets, known, …}: which key refused (0: none), the server's
-- time, then three figures a key, as they stand afterwards: a refused request takes nothing. Times
-- are microseconds: 53 bits of a double last until 2255.
--
-- A window scores members by their arrival, the slots by the end of their lease. Time is the
-- server's, so that processes with wrong clocks agree; a member already there is not counted again.
local member, windows = ARGV[1], tonumber(ARGV[2])
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local refused, answer, known, counts = 0, {0, now}, {}, {}

local function text(number)
    return string.format('%.0f', number)
end

if #ARGV > 2 + 2 * #KEYS then
    redis.call('ZREM', KEYS[#KEYS], unpack(ARGV, 3 + 2 * #KEYS))
end
for i, key in ipairs(KEYS) do
    local limit, span = tonumber(ARGV[1 + 2 * i]), ARGV[2 + 2 * i] * 1000
    local is_window = i <= windows
    redis.call('ZREMRANGEBYSCORE', key, '-inf', text(is_window and now - span or now))
    known[i] = redis.call('ZSCORE', key, member) ~= false
    counts[i] = redis.call('ZCARD', key)
    local count = counts[i] + (known[i] and 0 or 1)
    -- The entry whose end makes room: above a lowered limit that is not the oldest one.
    local rank = math.max(0, count - limit - 1)
    local oldest = redis.call('ZRANGE', key, rank, rank, 'WITHSCORES')[2]
    local resets = now + span
    if oldest then
        resets = is_window and oldest + span or tonumber(oldest)
    end
    if count > limit and not known[i] and refused == 0 then
        refused = i
    end
    answer[3 * i], answer[3 * i + 1] = math.max(0, limit - count), resets
    answer[3 * i + 2] = known[i] and 1 or 0
end

answer[1] = refused
if refused > 0 then
    for i, _ in ipairs(KEYS) do
        answer[3 * i] = math.max(0, tonumber(ARGV[1 + 2 * i]) - counts[i])
    end
    return answer
end
for i, key in ipairs(KEYS) do
    local span = ARGV[2 + 2 * i]
    if i > windows then
        redis.call('ZADD', key, text(now + span * 1000), member)
        redis.call('PEXPIRE', key, span)
    elseif not known[i] then
        redis.call('ZADD', key, text(now), member)
        redis.call('PEXPIRE', key, span)
    end
end
return answer
