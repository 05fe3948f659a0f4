// The published SDK, unmodified, as a page uses it. Says what happens, one JSON line each; ends when its input does.
import { Centrifuge } from 'centrifuge';
import WebSocket from 'ws';

const { url, token, fresh, topic, states, since } = JSON.parse(process.argv[2]);
const say = (what, body = {}) => process.stdout.write(JSON.stringify({ what, ...body }) + '\n');

const client = new Centrifuge(url, {
  websocket: WebSocket,
  token,
  getToken: async () => {
    say('getToken');
    return fresh;
  },
  minReconnectDelay: 50,
  maxReconnectDelay: 300,
});
client.on('connected', () => say('connected'));
client.on('connecting', ({ code }) => say('connecting', { code }));
client.on('disconnected', ({ code }) => say('disconnected', { code }));
client.on('error', ({ error }) => say('error', { code: error.code }));

const options = { minResubscribeDelay: 50, maxResubscribeDelay: 300, since };
if (states) {
  options.getState = async () => {
    say('getState');
    return states.length > 1 ? states.shift() : states[0];
  };
}
const subscription = client.newSubscription(topic, options);
subscription.on('subscribed', ({ wasRecovering, recovered, streamPosition }) =>
  say('subscribed', { wasRecovering, recovered, streamPosition }));
subscription.on('subscribing', ({ code }) => say('subscribing', { code }));
subscription.on('unsubscribed', ({ code }) => say('unsubscribed', { code }));
subscription.on('error', ({ error }) => say('subscription error', { code: error.code }));
subscription.on('publication', ({ data, offset }) => say('publication', { data, offset }));
subscription.subscribe();
client.connect();

process.stdin.on('end', () => process.exit(0));
process.stdin.resume();
