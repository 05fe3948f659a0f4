"""How Chinese is spelled in letters. Syllables have no tones: nobody types them, and without them homophones meet."""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice, product

from pypinyin import Style, lazy_pinyin, pinyin

from web.catalog.search.text import is_chinese, is_han

READINGS = 3
"""Of one character, the one that fits its neighbours first."""

SPELLINGS = 6
"""Of one word: 重庆 is chongqing, zhongqing …, and a name of ten polyphones has thousands."""

SYLLABLES = frozenset(
    (
        "a ai an ang ao ba bai ban bang bao bei ben beng bi bian biao bie bin bing bo bu ca cai can cang cao ce cen "
        "ceng cha chai chan chang chao che chen cheng chi chong chou chu chua chuai chuan chuang chui chun chuo ci "
        "cong cou cu cuan cui cun cuo da dai dan dang dao de dei den deng di dia dian diao die ding diu dong dou du "
        "duan dui dun duo e ei en eng er fa fan fang fei fen feng fo fou fu ga gai gan gang gao ge gei gen geng gong "
        "gou gu gua guai guan guang gui gun guo ha hai han hang hao he hei hen heng hong hou hu hua huai huan huang "
        "hui hun huo ji jia jian jiang jiao jie jin jing jiong jiu ju juan jue jun ka kai kan kang kao ke kei ken "
        "keng kong kou ku kua kuai kuan kuang kui kun kuo la lai lan lang lao le lei leng li lia lian liang liao lie "
        "lin ling liu lo long lou lu luan lun luo lv lve ma mai man mang mao me mei men meng mi mian miao mie min "
        "ming miu mo mou mu na nai nan nang nao ne nei nen neng ni nian niang niao nie nin ning niu nong nou nu nuan "
        "nuo nv nve o ou pa pai pan pang pao pei pen peng pi pian piao pie pin ping po pou pu qi qia qian qiang qiao "
        "qie qin qing qiong qiu qu quan que qun ran rang rao re ren reng ri rong rou ru ruan rui run ruo sa sai san "
        "sang sao se sen seng sha shai shan shang shao she shei shen sheng shi shou shu shua shuai shuan shuang shui "
        "shun shuo si song sou su suan sui sun suo ta tai tan tang tao te teng ti tian tiao tie ting tong tou tu tuan "
        "tui tun tuo wa wai wan wang wei wen weng wo wu xi xia xian xiang xiao xie xin xing xiong xiu xu xuan xue xun "
        "ya yan yang yao ye yi yin ying yo yong you yu yuan yue yun za zai zan zang zao ze zei zen zeng zha zhai zhan "
        "zhang zhao zhe zhei zhen zheng zhi zhong zhou zhu zhua zhuai zhuan zhuang zhui zhun zhuo zi zong zou zu zuan "
        "zui zun zuo"
    ).split()
)
_LONGEST = max(map(len, SYLLABLES))

_FINAL_NG = re.compile(r"(?<=[aeiou])ng")
_INITIAL_N = re.compile(r"n(?=[aeiou])")


@lru_cache(maxsize=30_000)
def readings_of(char: str) -> tuple[str, ...]:
    """All that the dictionary gives for a character, the usual one first. What is no Chinese reads as itself."""
    if not is_han(char):
        return (char,)
    found = pinyin(char, style=Style.NORMAL, heteronym=True, errors="ignore")
    # Interjections like 嗯 have readings without a vowel, and in letters that nobody can type.
    return tuple(dict.fromkeys(one for one in (found[0] if found else []) if one.isascii())) or (char,)


@lru_cache(maxsize=50_000)
def readings(text: str) -> tuple[tuple[str, ...], ...]:
    """For each character of a squeezed text its readings, that of the context first, at most READINGS."""
    return tuple(
        tuple(dict.fromkeys((fitting, *readings_of(char))))[:READINGS]
        for char, fitting in zip(text, _in_context(text), strict=True)
    )


def typed_readings(text: str) -> tuple[tuple[str, ...], ...]:
    """Likewise, but only the usual ones: nobody types 果 as guan, though a dictionary has it."""
    return tuple(
        tuple(dict.fromkeys((fitting, readings_of(char)[0])))
        for char, fitting in zip(text, _in_context(text), strict=True)
    )


def likely_syllables(words: Sequence[str]) -> tuple[str, ...]:
    """One for each character of these words."""
    return tuple(found[0] for word in words for found in readings(word))


def spellings(parts: list[str]) -> list[tuple[str, ...]]:
    """The syllables of a word of the catalogue in all its readings, the likely first, at most SPELLINGS.

    parts: its words; one of letters or digits counts as one syllable.
    """
    syllables: list[tuple[str, ...]] = []
    for part in parts:
        syllables += readings(part) if is_chinese(part) else [(part,)]
    return list(islice(product(*syllables), SPELLINGS))


def blurred(letters: str) -> str:
    """What sounds alike to many is spelled alike: zh/z, ch/c, sh/s, -ng/-n, n-/l-, v/u. A key only."""
    for sharp, flat in (("zh", "z"), ("ch", "c"), ("sh", "s"), ("v", "u")):
        letters = letters.replace(sharp, flat)
    return _INITIAL_N.sub("l", _FINAL_NG.sub("n", letters))


@lru_cache(maxsize=10_000)
def pieces(letters: str) -> tuple[str, ...]:
    """Letters as syllables where they can be that, and single letters between: kongtiaoqx → kong, tiao, q, x.

    As few pieces as possible; of equally few, those whose first is longest.
    """
    best: list[tuple[str, ...]] = [()]
    for start in range(len(letters) - 1, -1, -1):
        options = [
            (letters[start:end], *best[-(end - start)])
            for end in range(min(len(letters), start + _LONGEST), start, -1)
            if end == start + 1 or letters[start:end] in SYLLABLES
        ]
        best.append(min(options, key=len))
    return best[-1]


@lru_cache(maxsize=50_000)
def _in_context(text: str) -> tuple[str, ...]:
    if not is_chinese(text):
        return tuple(_mixed(text))
    found = lazy_pinyin(text)
    return tuple(found) if len(found) == len(text) else tuple(readings_of(char)[0] for char in text)


def _mixed(text: str) -> list[str]:
    found: list[str] = []
    for run in re.findall(r"[^a-z0-9]+|[a-z0-9]", text):
        found += _in_context(run) if is_han(run[0]) else run
    return found
