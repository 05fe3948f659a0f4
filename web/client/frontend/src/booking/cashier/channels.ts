/** Ways to pay. Each opens the payment with the server and has its own cashier; WeChat Pay and Alipay will stand beside it. */

import { customer } from '@/app/sides'
import type { PaymentOpened } from '@/api/types'

interface Channel {
  code: string
  name: string
  /** The cashier. Resolves when the person has paid there; what counts is what the server hears of it. */
  cashier(payment: PaymentOpened): Promise<void>
}

const SANDBOX: Channel = {
  code: 'sandbox',
  name: '沙箱支付（演示，不扣款）',
  cashier: async ({ payment_id }) => {
    await customer().http.post(`/api/sandbox/payments/${payment_id}/pay`)
  },
}

export const CHANNELS: Channel[] = [SANDBOX]

const TRIES = 5
const PAUSE_MS = 1000

/** Raises Refusal or Offline. */
export async function payBy(code: string, order: number): Promise<void> {
  const channel = CHANNELS.find((one) => one.code === code)
  if (!channel) throw new Error(`no channel ${code}`)
  await channel.cashier(await opened(channel.code, order))
}

/** Until the gateway has given it a number; asking again opens no second one. */
async function opened(channel: string, order: number): Promise<PaymentOpened> {
  for (let tried = 1; ; tried++) {
    const payment = await customer().http.post<PaymentOpened>(`/api/orders/${order}/pay`, { channel })
    if (payment.gateway_no !== null || tried === TRIES) return payment
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
}
