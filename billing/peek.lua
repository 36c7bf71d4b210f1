-- How windows stand at present; nothing is counted, and nothing written.
--
-- KEYS  a sorted set per window
-- ARGV  limit and length (ms) of each
-- Answers {remaining, resets, …} by key, times in microseconds: when the oldest entry leaves, or the
-- one whose end makes room where nothing is left; of an empty window, now.
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local answer = {}
for i, key in ipairs(KEYS) do
    local limit, span = tonumber(ARGV[2 * i - 1]), ARGV[2 * i] * 1000
    local since = '(' .. string.format('%.0f', now - span)
    local count = redis.call('ZCOUNT', key, since, '+inf')
    local skipped = math.max(0, count - limit)
    local next_one =
        redis.call('ZRANGEBYSCORE', key, since, '+inf', 'WITHSCORES', 'LIMIT', skipped, 1)[2]
    answer[2 * i - 1] = math.max(0, limit - count)
    answer[2 * i] = next_one and next_one + span or now
end
return answer
