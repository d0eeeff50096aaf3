/**
 * The viewer: what was sent, and each message as its reader sees it.
 *
 * A message stands in a sandboxed frame with a policy of its own, so that nothing in it runs.
 */
import { html } from '../common.mjs';
import { escapeHtml } from '../pages.mjs';

const STYLE = `
:root { color-scheme: light dark; --ink: #16202b; --paper: #fff; --ground: #eef1f4;
  --line: #d3dae1; --quiet: #52606d; --accent: #0b6b5d; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8edf2; --paper: #1c242c; --ground: #11171c;
  --line: #36424e; --quiet: #a3b1be; --accent: #5fd0ba; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, "Noto Sans CJK SC", sans-serif; }
main { max-width: 52rem; margin: 0 auto; padding: 1.25rem 1rem 3rem; overflow-wrap: anywhere; }
h1 { font-size: 1.25rem; margin: 0 0 .25rem; }
.simulator { margin: 0 0 1rem; color: var(--quiet); font-size: .9rem; }
ul { list-style: none; margin: 0; padding: 0; border: 1px solid var(--line);
  border-radius: .75rem; background: var(--paper); }
li + li { border-top: 1px solid var(--line); }
li a { display: block; padding: .75rem 1rem; color: inherit; text-decoration: none; }
li a:hover strong { text-decoration: underline; }
a:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.quiet { color: var(--quiet); font-size: .875rem; }
li .quiet { display: flex; justify-content: space-between; gap: 1rem; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .2rem .9rem; margin: 0 0 1rem; }
dt { color: var(--quiet); } dd { margin: 0; }
iframe { width: 100%; height: 44rem; border: 1px solid var(--line); border-radius: .75rem;
  background: #fff; }
pre { white-space: pre-wrap; padding: 1rem; border: 1px solid var(--line); border-radius: .75rem;
  background: var(--paper); font-size: .9rem; }
.empty { padding: 1rem; border: 1px dashed var(--line); border-radius: .75rem; }
`;

function shell(title, body) {
  return html(200, `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`);
}

const NOTE = `<p class="simulator">Simulator: nothing leaves this machine.
<span lang="zh-CN">模拟邮箱，邮件不会真正发出。</span></p>`;

/** All messages, newest first. */
export function listPage(messages) {
  const items = messages.map(({ id, subject, to, at }) => `<li><a href="/messages/${id}">
<strong dir="auto">${escapeHtml(subject)}</strong>
<span class="quiet"><span>to ${escapeHtml(to)}</span><time>${escapeHtml(at.slice(0, 19).replace('T', ' '))}</time></span></a></li>`);
  const list = items.length > 0 ? `<ul id="messages">${items.join('\n')}</ul>`
    : '<p class="empty" id="empty">No message yet. <span lang="zh-CN">还没有邮件。</span></p>';
  return shell('Messages', `<h1>Messages</h1>${NOTE}${list}`);
}

/** One message with its headers. */
export function messagePage({ id, from, to, reply_to: replyTo, subject, text, at }) {
  const facts = [['From', from], ['To', to], ['Answers to', replyTo], ['Sent', at]]
    .filter(([, value]) => value)
    .map(([name, value]) => `<dt>${name}</dt><dd>${escapeHtml(value)}</dd>`);
  return shell(subject, `<p><a href="/">All messages</a></p>
<h1 id="subject" dir="auto">${escapeHtml(subject)}</h1>${NOTE}
<dl>${facts.join('\n')}</dl>
<iframe id="html" title="The message" src="/messages/${id}/html"
 sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>
<h2 class="quiet">As plain text</h2>
<pre id="text" dir="auto">${escapeHtml(text)}</pre>`);
}

/** The message itself. Links open in a tab of their own, as mail programs do it. */
export function messageFrame({ html: text }) {
  return html(200, text.replace('<head>', '<head><base target="_blank">'), {
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; img-src http: https:",
  });
}
