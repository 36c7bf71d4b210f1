-- Renew the slots of one user's running turns; one that was lost (a flush) is taken again.
-- KEYS  the user's slots     ARGV  lease (ms), members
local clock = redis.call('TIME')
local ends = clock[1] * 1000000 + clock[2] + ARGV[1] * 1000
for i = 2, #ARGV do
    redis.call('ZADD', KEYS[1], string.format('%.0f', ends), ARGV[i])
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return #ARGV - 1
