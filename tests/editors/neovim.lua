-- Pairs in Neovim 0.7 without a plugin: begins at a line, accepts one hunk, rejects another, and writes down what it saw.
-- `nvim --headless --clean -S neovim.lua`, told by SEGUE_TEST what to do: JSON with command, file, prompt, report.

local told = vim.fn.json_decode(vim.env.SEGUE_TEST)
local limit_ms = told.limit_ms
local seen = { errors = {} }

local function finish()
  vim.fn.writefile({ vim.fn.json_encode(seen) }, told.report)
  vim.cmd("qall!")
end

local function await(what, check)
  if not vim.wait(limit_ms, check, 20) then
    error("waited too long for " .. what)
  end
end

local function marks()
  local found = vim.tbl_filter(function(each)
    return each.source == "segue"
  end, vim.diagnostic.get(0))
  table.sort(found, function(one, other)
    return one.lnum < other.lnum
  end)
  return found
end

local function main()
  vim.cmd("edit " .. vim.fn.fnameescape(told.file))
  local id = vim.lsp.start_client({ cmd = told.command, root_dir = told.root, name = "segue" })
  vim.lsp.buf_attach_client(0, id)
  await("the server", function()
    return vim.lsp.get_client_by_id(id) ~= nil and vim.lsp.get_client_by_id(id).initialized
  end)
  local client = vim.lsp.get_client_by_id(id)

  local function ask(method, params)
    local answer, failed = client.request_sync(method, params, limit_ms, 0)
    if failed or answer.err then
      error(method .. ": " .. vim.inspect(failed or answer.err))
    end
    return answer.result
  end

  local function run(command)
    return ask("workspace/executeCommand", { command = command.command, arguments = command.arguments })
  end

  vim.api.nvim_buf_set_lines(0, 0, 0, false, { told.typed })
  local uri = vim.uri_from_bufnr(0)
  local place = { uri = uri, startLine = 0, endLine = 1, prompt = told.prompt, agent = "command" }
  run({ command = "segue.pair", arguments = { place } })
  await("two hunks", function()
    return #marks() == 2
  end)
  seen.shown = vim.tbl_map(function(each)
    return { line = each.lnum, message = each.message }
  end, marks())
  seen.with_hunks = vim.api.nvim_buf_get_lines(0, 0, -1, false)

  local line = marks()[1].lnum
  local where = { start = { line = line, character = 0 }, ["end"] = { line = line, character = 0 } }
  local actions = ask("textDocument/codeAction", { textDocument = { uri = uri }, range = where, context = { diagnostics = {} } })
  seen.actions = vim.tbl_map(function(each)
    return each.title
  end, actions)
  run(actions[1].command)
  await("one hunk", function()
    return #marks() == 1
  end)

  local lenses = ask("textDocument/codeLens", { textDocument = { uri = uri } })
  seen.lenses = vim.tbl_map(function(each)
    return each.command.title
  end, lenses)
  run(lenses[2].command)
  await("no hunk", function()
    return #marks() == 0
  end)
  seen.lines = vim.api.nvim_buf_get_lines(0, 0, -1, false)
  seen.is_modified = vim.bo.modified
  client.stop()
  await("the end of the server", function()
    return client.is_stopped()
  end)
end

local fine, failed = pcall(main)
if not fine then
  table.insert(seen.errors, tostring(failed))
end
finish()
