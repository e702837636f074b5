-- Gives back what charges still hold, and no more.
--
-- KEYS: one of each limit. ARGV: six of each: its kind (1 for a window), the cost, the step, the size,
-- the horizon, and until when the client was in debt right after the charge, or when it was admitted.
-- The reply: how many of them gave something back.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local given = 0

local function set(key, value, life)
  local px = string.format('%.0f', math.max(math.ceil(life / 1000), 1))
  redis.call('SET', key, value, 'PX', px)
  given = given + 1
end

local function debt(key, held, cost, step, horizon, charged)
  local held_until = math.min(tonumber(held) or 0, now + horizon)
  -- Debts are paid in the order in which they were run up: what came later stays owed.
  local left = math.min(cost * step, charged - now)
  if not (held_until > now and left > 0) then return end
  local rest = held_until - left
  if rest > now then
    set(key, string.format('%.0f', rest), rest - now)
  else
    redis.call('DEL', key)
    given = given + 1
  end
end

local function window(key, held, cost, horizon, charged)
  if string.sub(held, 1, 1) ~= 'w' or charged <= now - horizon then return end
  local log, of_then = string.sub(held, 2), string.format('%016.0f', charged)
  -- No window remembers more, whoever wrote it.
  if #log > 2048 then log = string.sub(log, -2048) end
  local found = 0
  for i = math.floor(#log / 16), 1, -1 do
    if found == cost then break end
    if string.sub(log, 16 * i - 15, 16 * i) == of_then then
      log = string.sub(log, 1, 16 * i - 16) .. string.sub(log, 16 * i + 1)
      found = found + 1
    end
  end
  if found == 0 then return end
  if #log < 16 then
    redis.call('DEL', key)
    given = given + 1
  else
    local newest = math.min(tonumber(string.sub(log, -16)) or now, now)
    set(key, 'w' .. log, newest + horizon - now)
  end
end

for i, key in ipairs(KEYS) do
  local at = 6 * i - 5
  local held = redis.call('GET', key)
  local cost, step = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local horizon, charged = tonumber(ARGV[at + 4]), tonumber(ARGV[at + 5])
  if held and ARGV[at] == '1' then
    window(key, held, cost, horizon, charged)
  elseif held then
    debt(key, held, cost, step, horizon, charged)
  end
end
return given
