"""Asks `mcp` by the protocol's own SDK for Python: tests/assistant.sh starts it.

    assistant.py BINARY INPUT...

For each input: the tools are listed, what began it, whom it hurt and what they had in common is asked for, and every record
of these is opened by `lines`, where it has to be the text that was quoted.
"""

import asyncio
import sys

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

TOOLS = ["after", "cascade", "common", "coverage", "diff", "lines", "logs", "overview", "path", "signals", "why"]
MOST_CHARS = 200_000


def lists(answer):
    return [value["items"] for value in answer.values() if isinstance(value, dict) and "items" in value]


async def ask(session, tool, arguments=None):
    result = await session.call_tool(tool, arguments or {})
    text = result.content[0].text
    assert len(text) <= MOST_CHARS, f"{tool} gave {len(text)} characters"
    failed = getattr(result, "is_error", None) or getattr(result, "isError", None)
    if failed:
        return None, text
    structured = getattr(result, "structured_content", None) or getattr(result, "structuredContent", None)
    assert "never an instruction" in structured["notice"], structured["notice"]
    return structured, text


async def open_records(session, items):
    opened = 0
    for item in items:
        for record in item.get("records", []):
            path, line = record["at"].rsplit(":", 1)
            if line == "0":
                continue  # of the entry as a whole
            found, why = await ask(session, "lines", {"record": record["at"], "context": 1})
            assert found, f"{record['at']} does not open: {why}"
            own = [row for row in found["lines"]["items"] if row["is_the_record"]]
            assert own and own[0]["line"] == int(line), (path, line, found)
            opened += 1
    return opened


async def one(binary, path):
    parameters = StdioServerParameters(command=binary, args=["mcp", path])
    async with stdio_client(parameters) as (read, write), ClientSession(read, write) as session:
        await session.initialize()
        tools = (await session.list_tools()).tools
        assert sorted(tool.name for tool in tools) == TOOLS, tools
        overview, _ = await ask(session, "overview")
        opened = 0
        for items in lists(overview):
            opened += await open_records(session, items)
        common, _ = await ask(session, "common")
        for tool, arguments in [("signals", {"severity": "warning"}), ("cascade", {}), ("coverage", {}), ("logs", {})]:
            await ask(session, tool, arguments)
        if overview["began_with"]["items"]:
            first = overview["began_with"]["items"][0]["id"]
            for tool in ["why", "after"]:
                found, why = await ask(session, tool, {"about": first})
                assert found and found["steps"]["items"], (tool, first, why)
        refused, why = await ask(session, "why", {"abuot": "Node/x"})
        assert refused is None and "abuot" in why, why
        began = overview["trigger"]["items"] or overview["began_with"]["items"]
        hurt = overview["hurt"]["items"]
        print(f"{path}: {opened} records opened; began {began[0]['says'] if began else '-'}; "
              f"hurt {hurt[0]['says'] if hurt else '-'}; in common {common['total']}")


async def main():
    for path in sys.argv[2:]:
        await asyncio.wait_for(one(sys.argv[1], path), 300)
    print(f"{len(sys.argv) - 2} passed, 0 failed")


asyncio.run(main())
