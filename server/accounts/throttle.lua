-- Counts one attempt to sign in before its password is looked at, so that a hundred guesses sent at
-- once are a hundred guesses. KEYS: account and address, address, account. ARGV: limits of the first
-- two, seconds that counts live. Answers {0, attempts on the account} or {which limit, seconds left}.
for i = 1, 2 do
  if tonumber(redis.call('GET', KEYS[i]) or '0') >= tonumber(ARGV[i]) then
    return {i, redis.call('TTL', KEYS[i])}
  end
end
local count
for i = 1, 3 do
  count = redis.call('INCR', KEYS[i])
  if count == 1 then
    redis.call('EXPIRE', KEYS[i], ARGV[3])
  end
end
return {0, count}
