#!/usr/bin/env node
/**
 * Starts the simulators of the channels and of a mail service in one process.
 *
 *     node tests/simulators/main.mjs --stripe PORT --alipay PORT --wechatpay PORT
 *         --mail PORT [--state FILE] [--watch-stdin]
 *
 * Port 0, or none, takes a free port. Prints one line of JSON with the origins once all
 * listen. Ends on SIGTERM and SIGINT, and with `--watch-stdin` when standard input closes.
 */
import { parseArgs } from 'node:util';
import { startSimulators } from './start.mjs';

const { values } = parseArgs({
  options: {
    stripe: { type: 'string', default: '0' },
    alipay: { type: 'string', default: '0' },
    wechatpay: { type: 'string', default: '0' },
    mail: { type: 'string', default: '0' },
    state: { type: 'string' },
    'watch-stdin': { type: 'boolean', default: false },
  },
});

try {
  const running = await startSimulators({
    ports: {
      stripe: Number(values.stripe),
      alipay: Number(values.alipay),
      wechatpay: Number(values.wechatpay),
      mail: Number(values.mail),
    },
    stateFile: values.state,
  });
  const stop = async () => {
    await running.stop();
    process.exit(0);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  if (values['watch-stdin']) {
    process.stdin.once('end', stop);
    process.stdin.resume();
  }
  process.stdout.write(`${JSON.stringify(running.origins)}\n`);
} catch (error) {
  const said = error.code === 'EADDRINUSE'
    ? `Port ${error.port} is taken. Stop what uses it, or choose another port.` : error.message;
  process.stderr.write(`The simulators did not start. ${said}\n`);
  process.exit(1);
}
