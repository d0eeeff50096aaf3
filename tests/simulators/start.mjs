/** Starting and stopping the simulators inside a process; `main.mjs` is the command for it. */
import { AlipaySimulator } from './alipay/simulator.mjs';
import { State } from './state.mjs';
import { StripeSimulator } from './stripe/simulator.mjs';
import { WechatPaySimulator } from './wechatpay/simulator.mjs';

/**
 * Starts all three. `ports` default to 0 (free ones); `stateFile` keeps merchants over restarts.
 * Resolves to `{origins: {stripe, alipay, wechatpay}, stop()}`.
 */
export async function startSimulators({ ports = {}, stateFile } = {}) {
  const simulators = [new StripeSimulator(), new AlipaySimulator(), new WechatPaySimulator()];
  const state = stateFile ? new State(stateFile, simulators) : null;
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
  return { origins, stop };
}
