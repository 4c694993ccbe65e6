"""The agreement of the first day, in force since ever, and the rule that a published version never
changes, kept by the database whatever the code does."""

from datetime import UTC, datetime

from django.db import migrations

TEXT = """\
本协议由你与 {shop}（下称“商家”）订立。你在加入页面勾选同意，协议即生效；你同意的版本和时间会被记录。

## 一、加入是免费的

加入不收取任何费用，不要求先购买商品，不要求囤货，也不因为你带来多少人而给任何奖励。你应当年满 18 周岁，并用本人的账号参加。

## 二、佣金怎么来

佣金只来自真实成交的订单，按订单商品的实付金额或毛利计算，不含运费。你推荐的顾客下单，你得一级佣金；你带来的分销商所推荐的顾客下单，你得二级佣金。最多两级，更远的订单与你无关。

适用的规则、比例、受益人和上限在顾客下单时确定，之后的修改不影响已下的订单。每笔佣金都附有收据，写明订单、规则、算法和变动。

## 三、什么时候结算

顾客收货并经过页面写明的天数、且没有进行中的售后，佣金成熟，可以结算。商家按公布的结算计划打款；未达到最低金额的部分留到下一次。没有结算到你的，会写明原因。

## 四、退款与抵扣

顾客退款时，相应的佣金收回，不论退款发生在何时。已经付给你的佣金遇到退款的，由以后的佣金抵扣，不要求你另行退钱。

## 五、推广时不能做的事

- 夸大或虚构商品功效，承诺收入，以“拉人头”“层级奖励”的名义招揽他人；
- 用自己控制的其他账号下单，或与他人串通制造订单；
- 群发骚扰信息，冒用商家名义，侵犯他人的肖像、商标或个人信息；
- 在标题、图片或链接中隐瞒广告性质。

## 六、冻结、退出与取消资格

发现异常时，商家可以冻结账号并说明理由；冻结期间款项保留，解冻后继续结算。你可以随时退出，已经赚到的佣金照常成熟和结算。严重违反第五条的，商家可以取消资格并收回未结算的佣金，并说明理由。你有异议可以联系客服申诉。

## 七、税

佣金所得依法纳税。法律要求代扣代缴的，商家会代扣代缴并提供明细。

## 八、个人信息

你在团队页面看到的他人信息都经过遮盖，不得用于推广订单以外的目的。商家只为计算和支付佣金、履行法定义务处理你的信息。

## 九、变更与争议

协议有新版本时会请你重新阅读；不同意的可以退出。发生争议先协商，协商不成的，可以向消费者协会投诉或者向有管辖权的人民法院起诉。
"""

TEXT_EN = """\
This agreement is between you and {shop} (“the shop”). It takes effect when you tick the box on the joining page; the version and the time of your consent are kept.

## 1. Joining is free

There is no fee, no purchase to make first, no stock to buy, and no reward for the number of people you bring in. You must be at least 18 and take part with your own account.

## 2. Where commission comes from

Commission comes only from real sales. It is calculated on what was paid for the goods, or on their margin, without shipping. When a customer you recommended buys, you earn level 1; when a customer recommended by a distributor you brought in buys, you earn level 2. There are two levels at most; orders further away are none of yours.

The rule, the rate, the payees and the limit are fixed when the customer places the order. Later changes do not touch it. Every commission comes with a receipt: the order, the rule, the calculation and every change.

## 3. When you are paid

Commission matures once the customer has received the goods, the stated number of days has passed and no after-sale is open. The shop pays by its published schedule; what is below the minimum stays for the next time. When a run leaves you out, the reason is written down for you.

## 4. Refunds

When a customer is refunded, the commission on it is taken back, whenever the refund comes. If it had been paid to you already, later commission makes up for it; you are not asked to send money back.

## 5. What you must not do

- exaggerate or invent what goods can do, promise income, or recruit with rewards for headcount or levels;
- order through other accounts you control, or arrange sham orders with others;
- send bulk messages nobody asked for, pose as the shop, or use other people's images, marks or personal data without right;
- hide in titles, pictures or links that you are advertising.

## 6. Freezing, leaving, exclusion

If something looks wrong the shop may freeze an account, giving its reasons; money is held and paid on once the account is released. You may leave at any time; what you earned matures and is paid as usual. For serious breaches of section 5 the shop may exclude you and take back unpaid commission, giving its reasons. You can appeal through customer service.

## 7. Tax

Commission is taxed by law. Where the law makes the shop withhold tax, it does so and gives you a statement.

## 8. Personal data

What you see of other people on your team page is masked and may be used for nothing but the orders it belongs to. The shop uses your data only to calculate and pay commission and to meet its legal duties.

## 9. Changes and disputes

You will be asked to read new versions; if you do not agree, you may leave. Disputes are first discussed; failing that, you may turn to a consumer association or to the courts.
"""

FORWARD = """
CREATE FUNCTION distribution_agreement_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'agreement % is published: it is not changed or deleted', OLD.version
        USING ERRCODE = '23514';
END $$;

CREATE TRIGGER agreement_unchanged BEFORE UPDATE ON distribution_agreement
    FOR EACH ROW WHEN (OLD.published_at IS NOT NULL AND OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION distribution_agreement_stands();
CREATE TRIGGER agreement_undeleted BEFORE DELETE ON distribution_agreement
    FOR EACH ROW WHEN (OLD.published_at IS NOT NULL)
    EXECUTE FUNCTION distribution_agreement_stands();
"""

BACKWARD = """
DROP TRIGGER agreement_undeleted ON distribution_agreement;
DROP TRIGGER agreement_unchanged ON distribution_agreement;
DROP FUNCTION distribution_agreement_stands();
"""


def begin(apps, schema_editor):
    ever = datetime(1970, 1, 1, tzinfo=UTC)
    apps.get_model("distribution", "Agreement").objects.create(
        version="2026-11",
        text=TEXT.strip(),
        text_en=TEXT_EN.strip(),
        valid_from=ever,
        created_at=ever,
        published_at=ever,
    )


class Migration(migrations.Migration):
    dependencies = [("distribution", "0011_joining")]

    operations = [
        migrations.RunPython(begin, migrations.RunPython.noop),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
