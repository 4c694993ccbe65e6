-- People: every fifth member is a distributor, a tenth of those brought in by the merchant.
INSERT INTO accounts_user (id, password, is_superuser, member_no, phone_verified, name, is_active,
                           is_staff, date_joined)
SELECT %(base)s + g, '', false, 'LOAD' || g, false, substr('王李张刘陈杨黄赵吴周', 1 + g %% 10, 1) || g,
       true, false, now() - interval '500 days'
FROM generate_series(1, %(members)s) g;

INSERT INTO distribution_distributor (user_id, code, status, joined_at, hides_earnings)
SELECT %(base)s + g, 'LD' || g, 'approved', now() - interval '500 days', false
FROM generate_series(1, %(distributors)s) g;

INSERT INTO distribution_standing (distributor_id, status, since, reason)
SELECT %(base)s + g, 'approved', now() - interval '500 days', ''
FROM generate_series(1, %(distributors)s) g;

INSERT INTO accounts_consent (user_id, document, version, at)
SELECT %(base)s + g, 'distribution', %(agreement)s, now() - interval '500 days'
FROM generate_series(1, %(distributors)s) g;

INSERT INTO distribution_recruitment (distributor_id, recruiter_id, starts_at, reason)
SELECT %(base)s + g,
       %(base)s + CASE WHEN g %% 10 = 0 THEN 1 ELSE 1 + (g::bigint * 7919) %% %(top)s END,
       now() - interval '500 days', ''
FROM generate_series(%(top)s + 1, %(distributors)s) g;

INSERT INTO distribution_binding (customer_id, distributor_id, starts_at, source, reason)
SELECT %(base)s + g,
       %(base)s + CASE WHEN g %% 20 = 0 THEN 1 ELSE 1 + (g::bigint * 104729) %% %(distributors)s END,
       now() - interval '450 days', 'link', ''
FROM generate_series(%(distributors)s + 1, %(members)s) g;

ANALYZE distribution_binding;
ANALYZE distribution_recruitment;

-- Sales over four hundred days. One in forty is refunded before it is mature, one in four hundred
-- after it was paid out.
CREATE TEMPORARY TABLE sale ON COMMIT DROP AS
SELECT n, buyer, bound.distributor_id AS person, up.recruiter_id AS recruiter, at, price,
       round(price * 0.10, 2) AS amount1,
       CASE WHEN up.recruiter_id IS NULL THEN 0 ELSE round(price * 0.05, 2) END AS amount2,
       matured_at, early_at,
       CASE WHEN n %% 400 = 1 AND matured_at + interval '10 days' < now()
            THEN matured_at + interval '10 days' END AS late_at
FROM (
    SELECT n, %(base)s + %(distributors)s + 1
               + (n::bigint * 15485863) %% (%(members)s - %(distributors)s) AS buyer,
           (60 + n %% 140)::numeric(12, 2) AS price, at,
           CASE WHEN n %% 40 = 0 AND at + interval '5 days' < now()
                THEN at + interval '5 days' END AS early_at,
           CASE WHEN matured_at < now() AND NOT (n %% 40 = 0) THEN matured_at END AS matured_at
    FROM (
        SELECT n, now() - interval '400 days' * n / %(orders)s AS at,
               date_trunc('month', now() - interval '400 days' * n / %(orders)s
                                   + interval '14 days') + interval '1 month' AS matured_at
        FROM generate_series(1, %(orders)s) n
    ) timed
) placed
JOIN distribution_binding bound ON bound.customer_id = placed.buyer
LEFT JOIN distribution_recruitment up ON up.distributor_id = bound.distributor_id;
ANALYZE sale;

INSERT INTO orders_order (id, number, user_id, state, goods_amount, discount_amount,
    shipping_amount, total, refunded_amount, refunded_shipping, recipient, phone, province, city,
    district, street, note, placed_at, expires_at, paid_at, shipped_at, received_at, close_reason)
SELECT %(base)s + n, 'L' || n, buyer, 'received', price, 0, 0, price,
       CASE WHEN early_at IS NULL AND late_at IS NULL THEN 0 ELSE price END, 0, '', '', '', '', '',
       '', '', at, at, at, at, at, ''
FROM sale;

INSERT INTO orders_orderline (id, order_id, variant_id, product_id, category_path, sku, kind, name,
    name_en, variant_name, variant_name_en, image, price, quantity, discount, paid,
    refunded_amount, refunded_quantity, received_at)
SELECT %(base)s + n, %(base)s + n, %(variant)s, %(product)s, '{}', 'LOAD', 'physical', '商品', 'Goods',
       '', '', '', price, 1, 0, price,
       CASE WHEN early_at IS NULL AND late_at IS NULL THEN 0 ELSE price END,
       CASE WHEN early_at IS NULL AND late_at IS NULL THEN 0 ELSE 1 END, at
FROM sale;

INSERT INTO orders_payment (id, number, method, amount, state, gateway_no, created_at, order_id)
SELECT %(base)s + n, 'LP' || n, 'offline', price, 'paid', 'LG' || n, at, %(base)s + n FROM sale;

INSERT INTO orders_refund (id, number, state, reason, note, answer, amount, shipping_amount,
    requested_at, order_id)
SELECT %(base)s + n, 'LR' || n, 'done', 'other', '', '', price, 0, coalesce(early_at, late_at),
       %(base)s + n
FROM sale WHERE early_at IS NOT NULL OR late_at IS NOT NULL;

ANALYZE orders_refund;

INSERT INTO orders_refundline (refund_id, line_id, quantity, amount)
SELECT id, id, 1, amount FROM orders_refund WHERE id > %(base)s;

INSERT INTO orders_repayment (id, number, amount, state, error, attempts, next_attempt_at,
    created_at, payment_id, refund_id)
SELECT id, 'LB' || id, amount, 'done', '', 1, requested_at, requested_at, id, id
FROM orders_refund WHERE id > %(base)s;

-- What distribution fixed at placement and booked at payment.
INSERT INTO distribution_orderterms (order_id, is_self_purchase, why1, block1, why2, block2,
    buyer_id, payee1_id, payee2_id, policy_id, paid_at)
SELECT %(base)s + n, false, 'bound', '',
       CASE WHEN recruiter IS NULL THEN 'nobody' ELSE 'recruiter' END,
       CASE WHEN recruiter IS NULL THEN 'missing' ELSE '' END,
       buyer, person, recruiter, %(policy)s, at
FROM sale;

CREATE TEMPORARY TABLE owed ON COMMIT DROP AS
SELECT n, 1 AS level, person AS payee, amount1 AS amount FROM sale
UNION ALL SELECT n, 2, recruiter, amount2 FROM sale WHERE recruiter IS NOT NULL;
ANALYZE owed;

INSERT INTO distribution_lineterms (line_id, level, payee_id, rule_id, base, rate, uplift)
SELECT %(base)s + n, level, payee, %(rule)s, 'paid', CASE level WHEN 1 THEN 0.10 ELSE 0.05 END, 0
FROM owed;

-- Months of payouts: all but the last twenty days' worth, paid but for the last forty.
CREATE TEMPORARY TABLE payout ON COMMIT DROP AS
SELECT %(base)s + row_number() OVER (ORDER BY matured_at, payee) AS id, payee, matured_at,
       sum(owed.amount) AS amount, matured_at < now() - interval '40 days' AS is_settled
FROM owed JOIN sale USING (n)
WHERE matured_at < now() - interval '20 days'
GROUP BY payee, matured_at;
ANALYZE payout;

INSERT INTO distribution_commission (id, order_id, line_id, level, payee_id, buyer_id,
    is_self_purchase, rule_id, base_amount, raw_amount, limit_amount, amount_at_payment, amount,
    allocated, accrued_at, matures_at, matured_at)
SELECT %(base)s::bigint * level + n, %(base)s + n, %(base)s + n, level, owed.payee, buyer, false, %(rule)s,
       price, owed.amount, price / 2, owed.amount,
       CASE WHEN early_at IS NULL AND late_at IS NULL THEN owed.amount ELSE 0 END,
       CASE WHEN payout.id IS NULL THEN 0 ELSE owed.amount END,
       at, at + interval '7 days', sale.matured_at
FROM owed JOIN sale USING (n)
LEFT JOIN payout ON payout.payee = owed.payee AND payout.matured_at = sale.matured_at;

INSERT INTO distribution_reversal (commission_id, refund_id, amount, at, reason)
SELECT %(base)s::bigint * level + n, %(base)s + n, owed.amount, coalesce(early_at, late_at), ''
FROM owed JOIN sale USING (n) WHERE early_at IS NOT NULL OR late_at IS NOT NULL;

INSERT INTO distribution_reservation (id, number, distributor_id, amount, state, reserved_at,
    closed_at)
SELECT id, 'LS' || id, payee, amount, CASE WHEN is_settled THEN 'settled' ELSE 'reserved' END,
       matured_at + interval '1 day', CASE WHEN is_settled THEN matured_at + interval '2 days' END
FROM payout;

INSERT INTO distribution_allocation (reservation_id, commission_id, amount)
SELECT payout.id, %(base)s::bigint * level + n, owed.amount
FROM owed JOIN sale USING (n)
JOIN payout ON payout.payee = owed.payee AND payout.matured_at = sale.matured_at;

INSERT INTO payouts_run (id, period, channel, minimum, auto_approve, started_at, cursor, schedule_id)
SELECT %(base)s + row_number() OVER (ORDER BY matured_at), (matured_at + interval '1 day')::date,
       'offline', 0, true, matured_at + interval '1 day', 0, %(schedule)s
FROM (SELECT DISTINCT matured_at FROM payout) months;

INSERT INTO payouts_payout (id, number, amount, channel, state, created_at, reference, failure,
    distributor_id, reservation_id, run_id)
SELECT payout.id, 'LS' || payout.id, amount, 'offline',
       CASE WHEN is_settled THEN 'paid' ELSE 'approved' END, payout.matured_at + interval '1 day',
       '', '', payee, payout.id, run.id
FROM payout JOIN payouts_run run
    ON run.id > %(base)s AND run.started_at = payout.matured_at + interval '1 day';

-- The ledger, transfer by transfer.
INSERT INTO distribution_transfer (id, kind, key, at, entry_count)
SELECT %(base)s + n, 'accrue', 'accrue:' || %(base)s + n, at,
       CASE WHEN recruiter IS NULL THEN 2 ELSE 3 END
FROM sale;

INSERT INTO distribution_entry (transfer_id, kind, at, account, distributor_id, amount)
SELECT %(base)s + n, 'accrue', at, 'pending', payee, owed.amount FROM owed JOIN sale USING (n)
UNION ALL SELECT %(base)s + n, 'accrue', at, 'expense', NULL, -(amount1 + amount2) FROM sale;

INSERT INTO distribution_transfer (id, kind, key, at, entry_count)
SELECT 2 * %(base)s::bigint + n, 'reverse', 'reverse:' || %(base)s + n, coalesce(early_at, late_at),
       CASE WHEN recruiter IS NULL THEN 2 ELSE 3 END
FROM sale WHERE early_at IS NOT NULL OR late_at IS NOT NULL;

INSERT INTO distribution_entry (transfer_id, kind, at, account, distributor_id, amount)
SELECT 2 * %(base)s::bigint + n, 'reverse', coalesce(early_at, late_at), CASE WHEN late_at IS NULL THEN 'pending' ELSE 'available' END, payee,
       -owed.amount
FROM owed JOIN sale USING (n) WHERE early_at IS NOT NULL OR late_at IS NOT NULL
UNION ALL SELECT 2 * %(base)s::bigint + n, 'reverse', coalesce(early_at, late_at), 'expense', NULL,
       amount1 + amount2
FROM sale WHERE early_at IS NOT NULL OR late_at IS NOT NULL;

CREATE TEMPORARY TABLE ripe ON COMMIT DROP AS
SELECT 3 * %(base)s::bigint + row_number() OVER () AS id, payee, matured_at, sum(owed.amount) AS amount
FROM owed JOIN sale USING (n) WHERE matured_at IS NOT NULL GROUP BY payee, matured_at;
ANALYZE ripe;

INSERT INTO distribution_transfer (id, kind, key, at, entry_count)
SELECT id, 'mature', 'mature:load:' || id, matured_at, 2 FROM ripe
UNION ALL SELECT 3 * %(base)s::bigint + id, 'reserve', 'reserve:LS' || id, matured_at + interval '1 day', 2
FROM payout
UNION ALL SELECT 4 * %(base)s::bigint + id, 'settle', 'settle:LS' || id, matured_at + interval '2 days', 2
FROM payout WHERE is_settled;

INSERT INTO distribution_entry (transfer_id, kind, at, account, distributor_id, amount)
SELECT transfer.id, transfer.kind, transfer.at, part.account, part.payee, part.amount
FROM (
    SELECT id, 'pending' AS account, payee, -amount AS amount FROM ripe
    UNION ALL SELECT id, 'available', payee, amount FROM ripe
    UNION ALL SELECT 3 * %(base)s::bigint + id, 'available', payee, -amount FROM payout
    UNION ALL SELECT 3 * %(base)s::bigint + id, 'reserved', payee, amount FROM payout
    UNION ALL SELECT 4 * %(base)s::bigint + id, 'reserved', payee, -amount FROM payout
    WHERE is_settled
    UNION ALL SELECT 4 * %(base)s::bigint + id, 'cash', NULL, amount FROM payout WHERE is_settled
) part JOIN distribution_transfer transfer ON transfer.id = part.id;

ANALYZE distribution_distributor, distribution_entry;
INSERT INTO distribution_balance (distributor_id, available, reserved)
SELECT person.user_id, coalesce(sums.available, 0), coalesce(sums.reserved, 0)
FROM distribution_distributor person
LEFT JOIN (
    SELECT distributor_id, sum(amount) FILTER (WHERE account = 'available') AS available,
           sum(amount) FILTER (WHERE account = 'reserved') AS reserved
    FROM distribution_entry WHERE distributor_id > %(base)s GROUP BY distributor_id
) sums ON sums.distributor_id = person.user_id
WHERE person.user_id > %(base)s;
