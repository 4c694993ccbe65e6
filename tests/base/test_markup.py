import pytest

from base.markup import markdown_to_html


def test_plain_marks() -> None:
    assert (
        markdown_to_html("# 标题\n\n**粗** 一\n二")
        == "<h2>标题</h2>\n<p><strong>粗</strong> 一<br>\n二</p>\n"
    )


@pytest.mark.parametrize(
    "bad",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "![x](https://elsewhere.example/pixel.png)",
        "<style>*{display:none}</style>",
        '<a href="/" onclick="x()">x</a>',
    ],
)
def test_nothing_runs_or_loads(bad: str) -> None:
    html = markdown_to_html(bad)
    for sign in ("<script", "<img", "<style", 'href="javascript', 'href="data', '<a href="/"'):
        assert sign not in html


def test_links_leave_without_a_trace() -> None:
    assert 'rel="noopener noreferrer nofollow"' in markdown_to_html("[商城](https://shop.example/)")
