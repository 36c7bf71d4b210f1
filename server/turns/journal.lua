-- Append a batch of one turn's events: all that is new of it, nothing twice.
-- KEYS: stream, state hash. ARGV: fence, lifetime in seconds, turn state, checkpoint seq (0: none),
-- checkpoint text, then for each entry: first seq, last seq, kind, payload.
-- Answers {"ok", last}, {"fenced", fence} or {"gap", last}: the writer owes a checkpoint.
local held = redis.call("HMGET", KEYS[2], "fence", "seq")
local fence, last = tonumber(held[1] or "0"), tonumber(held[2] or "0")
if fence > tonumber(ARGV[1]) then
  return {"fenced", fence}
end
local checkpoint = tonumber(ARGV[4])
if checkpoint > 0 then
  -- Authoritative: what came before can be read from its text.
  redis.call("HSET", KEYS[2], "base_seq", checkpoint, "base_text", ARGV[5])
  redis.call("XTRIM", KEYS[1], "MINID", "0-" .. (checkpoint + 1))
  if checkpoint > last then
    last = checkpoint
  end
end
local status = "ok"
for i = 6, #ARGV, 4 do
  local first, seq = tonumber(ARGV[i]), tonumber(ARGV[i + 1])
  if seq > last then
    if first > last + 1 then
      status = "gap"
      break
    end
    redis.call("XADD", KEYS[1], "0-" .. seq, "first", first, "kind", ARGV[i + 2], "data", ARGV[i + 3])
    last = seq
  end
end
redis.call("HSET", KEYS[2], "fence", ARGV[1], "seq", last, "state", ARGV[3])
redis.call("EXPIRE", KEYS[2], ARGV[2])
redis.call("EXPIRE", KEYS[1], ARGV[2])
return {status, last}
