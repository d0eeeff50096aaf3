/** Starting and stopping the simulators inside a process; `main.mjs` is the command for it. */
import { AlipaySimulator } from './alipay/simulator.mjs';
import { MailSimulator } from './mail/simulator.mjs';
import { State } from './state.mjs';
import { StripeSimulator } from './stripe/simulator.mjs';
import { WechatPaySimulator } from './wechatpay/simulator.mjs';

/**
 * Starts all of them. `ports` default to 0 (free ones); `stateFile` keeps merchants over restarts.
 * Resolves to `{origins: {stripe, alipay, wechatpay, mail}, idle(), stop()}`; `idle` waits until no
 * notice is under way, and tells whether none was.
 */
export async function startSimulators({ ports = {}, stateFile } = {}) {
  const channels = [new StripeSimulator(), new AlipaySimulator(), new WechatPaySimulator()];
  const mail = new MailSimulator();
  const simulators = [...channels, mail];
  const state = stateFile ? new State(stateFile, channels, mail) : null;
  const origins = {};
  try {
    for (const simulator of simulators) {
      origins[simulator.channel] = await simulator.listen(ports[simulator.channel] ?? 0);
    }
  } catch (error) {
    await Promise.all(simulators.map((simulator) => simulator.close()));
    throw error;
  }
  const stop = async () => {
    await Promise.all(simulators.map((simulator) => simulator.close()));
    state?.save();
  };
  const idle = async () => {
    const merchants = channels.flatMap((channel) => [...channel.merchants.values()]);
    const busy = await Promise.all(merchants.map(({ notices }) => notices.idle()));
    return !busy.includes(true);
  };
  return { origins, idle, stop };
}
