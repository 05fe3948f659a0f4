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

/** what: the path of what is paid, below the order: pay, proposals/5/pay. Raises Refusal or Offline. */
export async function payBy(code: string, order: number, what: string): Promise<void> {
  const channel = CHANNELS.find((one) => one.code === code)
  if (!channel) throw new Error(`no channel ${code}`)
  await channel.cashier(await opened(channel.code, `/api/orders/${order}/${what}`))
}

/** Until the gateway has given it a number; asking again opens no second one. */
async function opened(channel: string, path: string): Promise<PaymentOpened> {
  for (let tried = 1; ; tried++) {
    const payment = await customer().http.post<PaymentOpened>(path, { channel })
    if (payment.gateway_no !== null || tried === TRIES) return payment
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
}
