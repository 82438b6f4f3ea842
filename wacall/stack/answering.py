"""When a child that speaks HTTP is ready: it answers 200."""

import aiohttp

from wacall.stack.processes import Child


async def wait_until_answers(child: Child, url: str, *, timeout_s: float) -> None:
    """Ask until the answer is 200.

    Raises:
        ChildFailed: the process ended first, or the time is over.
    """
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=1)) as http:

        async def answers() -> bool:
            try:
                async with http.get(url) as response:
                    return response.status == 200
            except (aiohttp.ClientError, TimeoutError):
                return False

        await child.wait_until(answers, timeout_s=timeout_s)
