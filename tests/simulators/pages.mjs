/**
 * The pages that a person sees: small, in English and Chinese, and clearly a simulator's.
 *
 * Buttons are plain forms, so that the pages work without scripts and inside a frame.
 */
import { html } from './common.mjs';

const STYLE = `
:root { color-scheme: light dark; --ink: #16202b; --paper: #fff; --ground: #eef1f4;
  --line: #d3dae1; --quiet: #52606d; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8edf2; --paper: #1c242c; --ground: #11171c;
  --line: #36424e; --quiet: #a3b1be; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 1rem; background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, "Noto Sans CJK SC", sans-serif; }
main { max-width: 26rem; margin: 0 auto; background: var(--paper); border: 1px solid var(--line);
  border-radius: .75rem; padding: 1.25rem; overflow-wrap: anywhere; }
h1 { font-size: 1.15rem; margin: 0 0 .75rem; }
.simulator { display: block; margin: 0 0 1rem; padding: .4rem .6rem; border-radius: .4rem;
  border: 1px dashed var(--accent); color: var(--ink); font-size: .85rem; }
.amount { font-size: 2rem; font-weight: 600; margin: .25rem 0 1rem; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .2rem .9rem; margin: 0 0 1.25rem;
  font-size: .9rem; }
dt { color: var(--quiet); } dd { margin: 0; text-align: right; }
form { margin: 0 0 .6rem; }
button { width: 100%; min-height: 2.9rem; padding: .4rem 1rem; border: 1px solid var(--line);
  border-radius: .5rem; background: transparent; color: inherit; font: inherit; cursor: pointer; }
button.main { background: var(--accent); border-color: var(--accent); color: #fff;
  font-weight: 600; }
button:focus-visible, a:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.note { padding: .6rem .8rem; border-radius: .5rem; background: var(--ground); }
ul { padding-left: 1.1rem; } li { margin: .4rem 0; } a { color: inherit; }
`;

/** Escapes text for HTML, in elements and in quoted attributes. */
export function escapeHtml(text) {
  return String(text ?? '').replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** A whole page. `body` is HTML, `title` is text. */
export function shell({ title, accent, body }) {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(title)}</title>
<style>:root { --accent: ${accent}; }${STYLE}</style>
</head>
<body>
<main>
<p class="simulator">Simulator: no real money moves. <span lang="zh-CN">模拟环境，不会真实扣款。</span></p>
<h1>${escapeHtml(title)}</h1>
${body}
</main>
</body>
</html>
`;
}

/**
 * A page on which a person decides about a payment.
 * `facts` are `[label, value]` pairs, `buttons` are `{id, label, action, main?}`.
 */
export function paymentPage({ title, accent, amount, facts, buttons, note }) {
  const rows = facts.map(([label, value]) => `<dt>${escapeHtml(label)}</dt><dd>${
    escapeHtml(value)}</dd>`).join('\n');
  const forms = buttons.map(({ id, label, action, main }) => `<form method="post" action="${
    escapeHtml(action)}"><button type="submit" id="${id}"${main ? ' class="main"' : ''}>${
    escapeHtml(label)}</button></form>`).join('\n');
  const said = note ? `<p class="note" id="note" role="status">${escapeHtml(note)}</p>` : '';
  const body = `<p class="amount" id="amount">${escapeHtml(amount)}</p>
<dl>${rows}</dl>
${said}
${forms}`;
  return html(200, shell({ title, accent, body }));
}

/** A page that only says something, with a link to go on if there is one. */
export function messagePage(status, title, english, chinese, { accent = '#52606d', link } = {}) {
  const onward = link
    ? `<p><a id="back" href="${escapeHtml(link)}">Back to the shop 返回商家</a></p>` : '';
  const body = `<p class="note" id="note" role="status">${escapeHtml(english)}<br>
<span lang="zh-CN">${escapeHtml(chinese)}</span></p>${onward}`;
  return html(status, shell({ title, accent, body }));
}

/** The front page of a simulator: what a person could pay just now. */
export function homePage(simulator) {
  const items = simulator.openPages().reverse().slice(0, 50)
    .map(({ payment, href }) => `<li><a href="${escapeHtml(href)}">${
      escapeHtml(simulator.amountText(payment))}</a> ${
      escapeHtml(payment.reference ?? payment.id)}</li>`);
  const list = items.length ? `<ul>${items.join('\n')}</ul>`
    : '<p class="note">Nothing waits to be paid. <span lang="zh-CN">没有待支付的订单。</span></p>';
  const body = `<p>Payments that wait for a person: <span lang="zh-CN">等待付款：</span></p>${list}`;
  return html(200, shell({ title: simulator.title, accent: simulator.accent, body }));
}
