// The notices of Alipay and WeChat Pay about a payment that succeeded, signed as they sign.

import { createCipheriv, createSign, randomBytes, randomUUID } from "node:crypto";
import { sealWechat } from "./gateway.mjs";

/** Milliseconds that clocks in Beijing are ahead of UTC. */
const BEIJING_MS = 8 * 3_600_000;

/** The order's total in yuan, and in its hundredths. */
const YUAN = "30.00";
const FEN = 3000;

const digits = (count) => {
  const number = BigInt(`0x${randomBytes(count).toString("hex")}`).toString();
  return number.slice(-count).padStart(count, "1");
};

function beijing() {
  return new Date(Date.now() + BEIJING_MS).toISOString().slice(0, 19);
}

/** Alipay's form: `{headers, body}`. */
export function alipayNotice(reference, keys) {
  const now = beijing().replace("T", " ");
  const { app_id, seller_id } = keys.alipay;
  const fields = {
    gmt_create: now,
    charset: "utf-8",
    seller_email: "merchant@causeway.example",
    subject: "Longjing tea",
    buyer_id: "2088127382161162",
    invoice_amount: YUAN,
    notify_id: digits(34),
    fund_bill_list: `[{"amount":"${YUAN}","fundChannel":"ALIPAYACCOUNT"}]`,
    notify_type: "trade_status_sync",
    trade_status: "TRADE_SUCCESS",
    receipt_amount: YUAN,
    buyer_pay_amount: YUAN,
    app_id,
    seller_id,
    gmt_payment: now,
    notify_time: now,
    version: "1.0",
    out_trade_no: reference,
    total_amount: YUAN,
    trade_no: digits(28),
    auth_app_id: app_id,
    buyer_logon_id: "sim***@causeway.example",
    point_amount: "0.00",
  };
  const names = Object.keys(fields).sort();
  const signed = names.map((name) => `${name}=${fields[name]}`).join("&");
  const sign = createSign("sha256").update(signed).sign(keys.gateway.privateKey, "base64");
  return {
    headers: { "content-type": "application/x-www-form-urlencoded; charset=utf-8" },
    body: String(new URLSearchParams({ ...fields, sign_type: "RSA2", sign })),
  };
}

/** WeChat Pay's envelope: `{headers, body}`. */
export function wechatNotice(reference, keys) {
  const { appid, mchid, api_v3_key } = keys.wechat_pay;
  const now = `${beijing()}+08:00`;
  const transaction = {
    amount: { currency: "CNY", payer_currency: "CNY", payer_total: FEN, total: FEN },
    appid,
    attach: "",
    bank_type: "OTHERS",
    mchid,
    out_trade_no: reference,
    payer: { openid: "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o" },
    promotion_detail: [],
    success_time: now,
    trade_state: "SUCCESS",
    trade_state_desc: "支付成功",
    trade_type: "NATIVE",
    transaction_id: digits(28),
  };
  const nonce = randomBytes(6).toString("hex");
  const cipher = createCipheriv("aes-256-gcm", api_v3_key, nonce);
  cipher.setAAD(Buffer.from("transaction"));
  const sealed = [cipher.update(JSON.stringify(transaction), "utf8"), cipher.final()];
  const body = JSON.stringify({
    id: randomUUID(),
    create_time: now,
    resource_type: "encrypt-resource",
    event_type: "TRANSACTION.SUCCESS",
    summary: "支付成功",
    resource: {
      original_type: "transaction",
      algorithm: "AEAD_AES_256_GCM",
      ciphertext: Buffer.concat([...sealed, cipher.getAuthTag()]).toString("base64"),
      associated_data: "transaction",
      nonce,
    },
  });
  return { headers: { "content-type": "application/json", ...sealWechat(keys, body) }, body };
}
