/** What to say when the hub will not have us: its codes and the SDK's own, in words a dispatcher can act upon. */

const SIGNED_OUT = '登录已失效，请刷新页面重新登录。'
const NOT_HERE = '您没有查看这个城市的权限。'

const WORDS: Record<number, string> = {
  1: SIGNED_OUT,
  103: NOT_HERE,
  2000: NOT_HERE,
  3500: SIGNED_OUT,
  3503: SIGNED_OUT,
  3507: '此网址不能连接实时服务，请从平台提供的地址打开。',
  3508: '实时服务暂时不可用，请稍后点“立即重连”。',
}

export function refusalText(code: number): string {
  return WORDS[code] ?? `服务器关闭了实时连接（代码 ${code}），请点“立即重连”。`
}
