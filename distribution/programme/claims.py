"""What reads like a claim of income: amounts, and the words such claims are made with.

Nobody can prove them, and the law wants proof: where people speak about the programme in public,
figures come from the ledger alone.
"""

import re

CLAIM = re.compile(
    r"""[¥￥$€] | \d\s*[万千百kw] | \d\s*(?:多|来)?\s*(?:元|块钱|大洋|美元|美金|刀) | \d{2,}\s*块 | [百千万]多?[块元] | [一二两三四五六七八九十百几]+[万千]
    | 月入 | 日入 | 日赚 | 月赚 | 月薪 | 年薪 | 时薪 | 年入 | 躺赚 | 稳赚 | 保底 | 暴富 | 被动收入
    | \b(rmb|yuan|cny|usd|dollars?|bucks|guaranteed|per\ month\ income|passive\ income)\b""",
    re.IGNORECASE | re.VERBOSE,
)


def claims_income(text: str) -> bool:
    return CLAIM.search(text) is not None
