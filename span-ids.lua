-- Turns round the ids in a report. As protobuf, Envoy 1.40 writes the 8 bytes of each span id and parent id in reverse
-- order. The listener `reports` runs this filter, so Zipkin gets the ids that Envoy sends in its headers. A report in JSON
-- stays as it is.
-- The form of a report: https://github.com/openzipkin/zipkin-api/blob/master/zipkin.proto

-- Reads the variable-length number at a place. Gives it and the place after it.
local function readNumber(bytes, at)
  local number, factor = 0, 1
  repeat
    local byte = bytes:byte(at)
    number = number + byte % 128 * factor
    factor = factor * 128
    at = at + 1
  until byte < 128
  return number, at
end

-- A tag is the number of a field times 8, and how its value is written.
local PARENT_ID, ID = 2 * 8 + 2, 3 * 8 + 2

-- Gives a report with the ids in each span turned round. A report is a list of spans.
local function turnIds(report)
  local parts, copied, at = {}, 1, 1
  while at <= #report do
    local tag, length
    _, at = readNumber(report, at) -- the tag of a span
    length, at = readNumber(report, at)
    local spanEnd = at + length
    while at < spanEnd do
      tag, at = readNumber(report, at)
      if tag % 8 == 0 then
        _, at = readNumber(report, at)
      elseif tag % 8 == 1 then
        at = at + 8
      else
        length, at = readNumber(report, at)
        if tag == PARENT_ID or tag == ID then
          table.insert(parts, report:sub(copied, at - 1))
          table.insert(parts, report:sub(at, at + 7):reverse())
          copied = at + 8
        end
        at = at + length
      end
    end
  end
  table.insert(parts, report:sub(copied))
  return table.concat(parts)
end

function envoy_on_request(request)
  if request:headers():get('content-type') ~= 'application/x-protobuf' then return end
  local body = request:body()
  body:setBytes(turnIds(body:getBytes(0, body:length())))
end
