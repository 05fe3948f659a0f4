// The published SDK, unmodified, as a page uses it. Says what happens, one JSON line each; does what it is told, one
// JSON line each: {on: 'client' | 'subscription', call, with: [...]}, or a list of them for one frame. Ends when its
// input does.
import { createInterface } from 'node:readline';
import { Centrifuge, UnauthorizedError } from 'centrifuge';
import WebSocket from 'ws';

const { url, token, fresh, data, topic, states, since, joinLeave, tokens } = JSON.parse(process.argv[2]);
const say = (what, body = {}) => process.stdout.write(JSON.stringify({ what, ...body }) + '\n');

const client = new Centrifuge(url, {
  websocket: WebSocket,
  token,
  data,
  getToken: async () => {
    say('getToken');
    return fresh;
  },
  minReconnectDelay: 50,
  maxReconnectDelay: 300,
});
client.on('connected', ({ client, data }) => say('connected', { client, data }));
client.on('connecting', ({ code }) => say('connecting', { code }));
client.on('disconnected', ({ code }) => say('disconnected', { code }));
client.on('error', ({ error }) => say('error', { code: error.code }));
client.on('subscribed', ({ channel, wasRecovering, recovered, data }) =>
  say('server subscribed', { channel, wasRecovering, recovered, data }));
client.on('unsubscribed', ({ channel }) => say('server unsubscribed', { channel }));
client.on('publication', ({ channel, data, offset }) => say('server publication', { channel, data, offset }));
client.on('join', ({ channel, info }) => say('server join', { channel, info }));
client.on('leave', ({ channel, info }) => say('server leave', { channel, info }));

let subscription;
if (topic) {
  const options = { minResubscribeDelay: 50, maxResubscribeDelay: 300, since, joinLeave };
  if (states) {
    options.getState = async () => {
      say('getState');
      return states.length > 1 ? states.shift() : states[0];
    };
  }
  if (tokens) {
    options.getToken = async () => {
      say('getSubscriptionToken');
      if (!tokens.length) throw new UnauthorizedError();
      return tokens.shift();
    };
  }
  subscription = client.newSubscription(topic, options);
  subscription.on('subscribed', ({ wasRecovering, recovered, streamPosition }) =>
    say('subscribed', { wasRecovering, recovered, streamPosition }));
  subscription.on('subscribing', ({ code }) => say('subscribing', { code }));
  subscription.on('unsubscribed', ({ code }) => say('unsubscribed', { code }));
  subscription.on('error', ({ error }) => say('subscription error', { code: error.code }));
  subscription.on('publication', ({ data, offset, info }) => say('publication', { data, offset, info }));
  subscription.on('join', ({ info }) => say('join', { info }));
  subscription.on('leave', ({ info }) => say('leave', { info }));
  subscription.subscribe();
}
client.connect();

const call = async ({ on, call, with: given = [] }) => {
  try {
    say('answer', { result: await (on === 'client' ? client : subscription)[call](...given) });
  } catch (error) {
    say('answer', { error: error.code });
  }
};
const input = createInterface({ input: process.stdin });
input.on('line', (line) => {
  client.startBatching();
  [JSON.parse(line)].flat().forEach(call);
  client.stopBatching();
});
input.on('close', () => process.exit(0));
