/** How every suite starts its browser: what CHROMIUM names, alone and without phoning home. */
export function launchOptions() {
  const args = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ];
  // Chromium's sandbox refuses to run as root.
  if (process.getuid?.() === 0) args.push("--no-sandbox");
  return { executablePath: process.env.CHROMIUM, headless: true, args };
}
