"""The questions, each one statement over all rows: (key, payee, evidence, commissions).

Evidence is figures and ids only. Commissions that have gone to nothing are not named: there is
nothing left to decide about. People who buy for themselves by the shop's own rule are no matter.
"""

from distribution.risk.states import Kind

RECENT = """
    commission.amount > 0 AND NOT commission.is_self_purchase
    AND commission.accrued_at > %(at)s - make_interval(days => %(days)s)
    AND commission.accrued_at <= %(at)s
"""

# A buys through B and B through A, or round through three or four. Begun at the smallest id, so
# that every ring is found once.
RING = f"""
WITH RECURSIVE edge AS MATERIALIZED (
    SELECT commission.buyer_id AS buyer, commission.payee_id AS payee,
           array_agg(commission.id) AS ids, count(DISTINCT commission.order_id) AS orders
    FROM distribution_commission commission
    JOIN distribution_distributor person ON person.user_id = commission.buyer_id
    WHERE commission.level = 1 AND {RECENT}
    GROUP BY 1, 2
), walk(start, here, path, ids, orders) AS (
    SELECT buyer, payee, ARRAY[buyer, payee], ids, orders FROM edge WHERE payee > buyer
    UNION ALL
    SELECT walk.start, edge.payee, walk.path || edge.payee, walk.ids || edge.ids,
           walk.orders + edge.orders
    FROM walk JOIN edge ON edge.buyer = walk.here
    WHERE walk.here <> walk.start AND cardinality(walk.path) <= 4
      AND (edge.payee = walk.start
           OR (edge.payee > walk.start AND edge.payee <> ALL(walk.path)))
)
SELECT array_to_string(path, '-'), NULL::bigint,
       jsonb_build_object('people', path[1:cardinality(path) - 1], 'orders', orders), ids
FROM walk WHERE here = start AND cardinality(path) > 2
"""


def _shared(kind: str, most: str) -> str:
    """Buyer and payee leave the same digest, and not half the town does."""
    return f"""
WITH shared AS (
    SELECT digest FROM risk_footprint
    WHERE kind = '{kind}' AND first_at <= %(at)s
      AND last_at > %(at)s - make_interval(days => %(days)s)
    GROUP BY digest HAVING count(*) BETWEEN 2 AND {most}
), pair AS (
    SELECT payee.user_id AS payee, buyer.user_id AS buyer,
           least(min(payee.first_at), min(buyer.first_at)) AS since,
           greatest(max(payee.last_at), max(buyer.last_at)) AS until
    FROM shared
    JOIN risk_footprint payee ON payee.kind = '{kind}' AND payee.digest = shared.digest
    JOIN distribution_distributor person ON person.user_id = payee.user_id
    JOIN risk_footprint buyer ON buyer.kind = '{kind}' AND buyer.digest = shared.digest
        AND buyer.user_id <> payee.user_id
    GROUP BY 1, 2
)
SELECT pair.payee || '-' || pair.buyer, pair.payee,
       jsonb_build_object('people', ARRAY[pair.buyer], 'since', pair.since, 'until', pair.until,
                          'orders', count(DISTINCT commission.order_id)),
       array_agg(commission.id)
FROM pair JOIN distribution_commission commission
    ON commission.payee_id = pair.payee AND commission.buyer_id = pair.buyer
WHERE {RECENT}
GROUP BY pair.payee, pair.buyer, pair.since, pair.until
"""


# What was sent to the payee's own phone.
PHONE = f"""
SELECT commission.payee_id || '-' || commission.buyer_id, commission.payee_id,
       jsonb_build_object('people', ARRAY[commission.buyer_id],
                          'tail', right(max(o.phone), 4),
                          'orders', count(DISTINCT commission.order_id)),
       array_agg(commission.id)
FROM distribution_commission commission
JOIN orders_order o ON o.id = commission.order_id
JOIN accounts_user payee ON payee.id = commission.payee_id
WHERE o.phone <> '' AND o.phone = payee.phone AND {RECENT}
GROUP BY commission.payee_id, commission.buyer_id
"""

# What was sent to where the payee lives, by their own address book or their own orders.
ADDRESS = f"""
WITH sent AS (
    SELECT commission.id, commission.payee_id, commission.buyer_id, commission.order_id, o.city,
           md5(lower(replace(concat(o.province, o.city, o.district, o.street), ' ', ''))) AS place
    FROM distribution_commission commission
    JOIN orders_order o ON o.id = commission.order_id
    WHERE o.street <> '' AND {RECENT}
), home AS (
    SELECT address.user_id,
           md5(lower(replace(concat(address.province, address.city, address.district,
                                    address.street), ' ', ''))) AS place
    FROM accounts_address address
    JOIN distribution_distributor person ON person.user_id = address.user_id
    UNION
    SELECT own.user_id,
           md5(lower(replace(concat(own.province, own.city, own.district, own.street), ' ', '')))
    FROM orders_order own
    JOIN distribution_distributor person ON person.user_id = own.user_id
    WHERE own.street <> '' AND own.paid_at IS NOT NULL
)
SELECT sent.payee_id || '-' || sent.buyer_id, sent.payee_id,
       jsonb_build_object('people', ARRAY[sent.buyer_id], 'city', max(sent.city),
                          'orders', count(DISTINCT sent.order_id)),
       array_agg(DISTINCT sent.id)
FROM sent JOIN home ON home.user_id = sent.payee_id AND home.place = sent.place
GROUP BY sent.payee_id, sent.buyer_id
"""

# What a payee was given as theirs to be paid, and what refunds took back of it afterwards.
TAKEN = """
WITH mature AS (
    SELECT commission.payee_id, commission.buyer_id, commission.order_id,
           commission.amount_at_payment AS earned, coalesce(taken.amount, 0) AS amount,
           taken.at, commission.matured_at
    FROM distribution_commission commission
    LEFT JOIN LATERAL (
        SELECT sum(reversal.amount) AS amount, min(reversal.at) AS at
        FROM distribution_reversal reversal
        WHERE reversal.commission_id = commission.id AND reversal.refund_id IS NOT NULL
          AND reversal.at > commission.matured_at AND reversal.at <= %(at)s
    ) taken ON true
    WHERE NOT commission.is_self_purchase AND commission.matured_at <= %(at)s
      AND commission.matured_at > %(at)s - make_interval(days => %(days)s)
)
"""
# Of those people what is left, and no more: the commission in question.
LEFT_OVER = f"""
SELECT array_agg(commission.id) FROM distribution_commission commission
WHERE commission.payee_id = farm.payee_id AND commission.buyer_id = ANY(farm.buyers) AND {RECENT}
"""

REFUND_FARMING = f"""
{TAKEN}, farm AS (
    SELECT payee_id, sum(earned) AS earned, sum(amount) AS taken,
           count(DISTINCT order_id) FILTER (WHERE amount > 0) AS orders,
           array_agg(DISTINCT buyer_id) FILTER (WHERE amount > 0) AS buyers
    FROM mature GROUP BY payee_id
    HAVING sum(amount) >= %(share)s * sum(earned)
       AND count(DISTINCT order_id) FILTER (WHERE amount > 0) >= %(refunds)s
)
SELECT farm.payee_id::text, farm.payee_id,
       jsonb_build_object('people', farm.buyers, 'orders', farm.orders,
                          'earned', farm.earned::text, 'taken', farm.taken::text),
       ({LEFT_OVER})
FROM farm
"""

HASTY_REFUNDS = f"""
{TAKEN}, farm AS (
    SELECT payee_id, count(DISTINCT order_id) AS orders, array_agg(DISTINCT buyer_id) AS buyers,
           sum(amount) AS taken
    FROM mature
    WHERE amount > 0 AND at <= matured_at + make_interval(days => %(hasty_days)s)
    GROUP BY payee_id HAVING count(DISTINCT order_id) >= %(hasty)s
)
SELECT farm.payee_id::text, farm.payee_id,
       jsonb_build_object('people', farm.buyers, 'orders', farm.orders,
                          'taken', farm.taken::text, 'days', %(hasty_days)s::int),
       ({LEFT_OVER})
FROM farm
"""

# More clicks of one visitor, or from one address, within an hour than anybody makes. The matter
# of a day: what it names are commissions from people seen there.
CLICK_FLOOD = f"""
WITH flood AS (
    SELECT distributor_id, date_trunc('day', hour, 'Asia/Shanghai') AS day,
           count(DISTINCT hour) AS hours, max(clicks) AS most, array_agg(DISTINCT digest) AS digests
    FROM (
        SELECT distributor_id, date_trunc('hour', at) AS hour, visitor::text AS who,
               (array_agg(ip_digest))[1] AS digest, count(*) AS clicks
        FROM distribution_click
        WHERE at > %(at)s - interval '2 days' AND at <= %(at)s
        GROUP BY 1, 2, 3 HAVING count(*) >= %(clicks)s
        UNION ALL
        SELECT distributor_id, date_trunc('hour', at), '', ip_digest, count(*)
        FROM distribution_click
        WHERE at > %(at)s - interval '2 days' AND at <= %(at)s AND ip_digest IS NOT NULL
        GROUP BY 1, 2, 4 HAVING count(*) >= %(clicks)s
    ) hours GROUP BY 1, 2
)
SELECT flood.distributor_id || '-' || to_char(flood.day AT TIME ZONE 'Asia/Shanghai', 'YYYYMMDD'),
       flood.distributor_id,
       jsonb_build_object('hours', flood.hours, 'most', flood.most, 'day', flood.day),
       (SELECT array_agg(DISTINCT commission.id) FROM distribution_commission commission
        JOIN risk_footprint print ON print.user_id = commission.buyer_id AND print.kind = 'ip'
            AND print.digest = ANY(flood.digests)
        WHERE commission.payee_id = flood.distributor_id AND {RECENT})
FROM flood
"""

# Several new accounts from one browser, served by one distributor.
MANY_ACCOUNTS = f"""
WITH crowd AS (
    SELECT print.digest, array_agg(DISTINCT person.id) AS people, min(person.date_joined) AS since
    FROM risk_footprint print JOIN accounts_user person ON person.id = print.user_id
    WHERE print.kind = 'visitor' AND person.date_joined <= %(at)s
      AND person.date_joined > %(at)s - make_interval(days => %(days)s)
    GROUP BY print.digest HAVING count(DISTINCT person.id) >= %(accounts)s
)
SELECT bound.distributor_id || '-' || encode(crowd.digest, 'hex'), bound.distributor_id,
       jsonb_build_object('people', array_agg(DISTINCT bound.customer_id),
                          'accounts', cardinality(crowd.people), 'since', crowd.since),
       (SELECT array_agg(commission.id) FROM distribution_commission commission
        WHERE commission.payee_id = bound.distributor_id
          AND commission.buyer_id = ANY(crowd.people) AND {RECENT})
FROM crowd JOIN distribution_binding bound ON bound.customer_id = ANY(crowd.people)
    AND bound.starts_at <= %(at)s
GROUP BY bound.distributor_id, crowd.digest, crowd.people, crowd.since
HAVING count(DISTINCT bound.customer_id) >= %(accounts)s
"""

QUESTIONS = {
    Kind.RING: RING,
    Kind.SHARED_VISITOR: _shared("visitor", "20"),
    Kind.SHARED_IP: _shared("ip", "%(people)s"),
    Kind.SHARED_ACCOUNT: _shared("account", "20"),
    Kind.SHARED_PHONE: PHONE,
    Kind.SHARED_ADDRESS: ADDRESS,
    Kind.REFUND_FARMING: REFUND_FARMING,
    Kind.HASTY_REFUNDS: HASTY_REFUNDS,
    Kind.CLICK_FLOOD: CLICK_FLOOD,
    Kind.MANY_ACCOUNTS: MANY_ACCOUNTS,
}
