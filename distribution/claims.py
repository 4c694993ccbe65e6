"""What reads like a claim of income: amounts, and the words such claims are made with.

Nobody can prove them, and the law wants proof: where people speak about the programme in public,
figures come from the ledger alone.
"""

import re

CLAIM = re.compile(
    r"""[¥￥$] | \d\s*[万千百k] | \d\s*元 | [一二两三四五六七八九十百几]+[万千]
    | 月入 | 日入 | 日赚 | 月赚 | 年入 | 躺赚 | 稳赚 | 保底 | 暴富 | 被动收入
    | \b(rmb|yuan|cny|guaranteed|passive\ income)\b""",
    re.IGNORECASE | re.VERBOSE,
)


def claims_income(text: str) -> bool:
    return CLAIM.search(text) is not None
