"""Characters that are taken for each other by the eye: 冼 for 洗. By the ear they meet as pinyin."""

from collections.abc import Iterator

_GROUPS = """
己已巳 末未 天夫无 士土 日曰目 人入八 大太犬 千干于 午牛 王玉主 甲由申田 拆折析 治冶 洗冼洸 栓拴 掉棹悼 换唤焕涣 修俢
锁琐 捅桶涌 梯递 疏蔬梳 通诵桶 漏露 油抽由 烟姻咽 机饥肌 衣农 空窒控 调凋稠 清请情晴 箱厢 冰兵 柜拒 床庆 窗囱 帘帝
玻坡波 璃离 保堡煲 洁诘结 擦察 理埋 收牧 纳呐 按桉安 摩磨魔 推椎堆 拿合 足促捉 底低抵 浴裕 艾文 灸炙 美羡 睫捷 毛手
剪煎箭 发友 染柒 烫汤荡 护沪户 妆壮装 脸险 面而 甲钾 厨橱 卫节 马吗 桶捅 管菅 道首 水永 龙尤 头买 开井 门们闩 关并
灯订 电申 路洛 插捶 座坐 燃然 气汽 灶灿 热垫执 器嚣 净静争 滤虑 芯心 加如 氟佛 维唯惟 检捡俭 测侧 安妥 装袋 搬般 家冢
车东 钢纲 琴琹 遛溜 狗拘 猫描 宠庞 物勿 猪诸 婴樱 儿几 嫂搜 育盲 催摧 乳孔 疗寮 推谁 拨拔 罐灌 刮刭 痧沙 颈劲 肩眉
腰要 背北 腿退 全金 身射 消俏 毒毐 杀刹 虫史 鼠属 蟑螂 除徐 甲里 醛全 螨蔏 地他 毯淡 板版 蜡腊 沙纱 墙樯 补朴 刷涮
漆膝 粉纷 防妨 霉莓 胶校 瓷资 砖转 贴粘 铺辅 辆俩 微徵 清淸 辨辩辫 带戴 历厉 侯候 拔拨 徒徙 暖缓 轮抡 搞稿 准淮 侍待
陪倍培 炒抄 碗腕 盘盆 锅祸 壁璧避 挂桂 吊品 扇扁 净诤 垃拉 圾级 圯坯 杆秆竿 架驾 栏拦 晾谅 晒洒 熨慰 烘哄 缝逢 鞋鞵
皮支 沙少 发沷 布市
"""


def _table() -> dict[str, str]:
    found: dict[str, str] = {}
    for group in _GROUPS.split():
        for char in group:
            found[char] = found.get(char, "") + group.replace(char, "")
    return found


_TABLE = _table()


def one_mistaken(text: str) -> Iterator[str]:
    """The text with one character in place of a look-alike, in every way."""
    for place, char in enumerate(text):
        for other in _TABLE.get(char, ""):
            yield f"{text[:place]}{other}{text[place + 1 :]}"
