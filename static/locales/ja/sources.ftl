# SMI 要因のページ。レジスター名、ビット名、ピン名は訳さない。
nav-sources = SMI 要因
sources-title = SMI 要因
sources-intro = 電源ボタンを押す、ボードを熱くする、タイマーを満了させる。SMI を送るかどうかは、チップセットがビットごとに決めます。どのビットでも変えて試せます。書くのは OS で、その結果はマシンが出します。
sources-also = 図で見る：
sources-software = ソフトウェア SMI
sources-hardware = ハードウェア SMI
sources-messages = SMM へのメッセージ
panel-sources = 要因
panel-registers = チップセット
chips-running = マシンが動いています…
chips-no-tape = 要因を試すと、その SMI の道筋がここに現れます。

source-button = 電源ボタン
source-thermal = 温度センサー
source-gpio = 汎用入力
source-intruder = 筐体
source-alarm = RTC アラーム
source-watchdog = ウォッチドッグ (TCO)
source-periodic = 周期タイマー
source-software = ソフトウェア SMI
source-time = 時間
gpio-pin = ピン
do-press = 押す
do-hold = 4 秒押し続ける
do-thermal = 過熱
do-pin = High
do-intruder = 開ける
do-alarm = 次の秒に
do-watchdog = 満了させる
do-periodic = 満了を待つ
do-second = 1 秒進める

did-press = 電源ボタンを押した
did-hold = 電源ボタンを 4 秒押し続けた
did-alarm = 次の秒に RTC アラーム
did-watchdog = ウォッチドッグを放置した
did-periodic = 周期タイマーを待った
did-second = 1 秒が過ぎた

steps-title = ステップ
steps-none = まだ何もしていません。どのステップも取り消せます。マシンはその直前の時点に戻ります。
steps-afresh = 最初から
step-back-one = 取り消す
step-back-to = ステップ { $nth } の前に戻る
came-taken = SMI：{ $count }
came-none = SMI なし
came-storm = SMI ストーム

rest-os = OS はコマンドを待っています。
rest-storm = SMI ストーム：OS は 1 命令も実行できません。
rest-off = マシンは電源オフです（{ $state }）。電源ボタンでオンになります。
rest-dead = マシンは止まっています。
rest-busy = ハンドラーが終わりません。

why-sent = この SMI が送られた理由
why-not = SMI が送られなかった理由
why-none = ステップの後、SMI が送られた、または送られなかった理由がここに出ます。
why-all-open = すべてのゲートが開いていました。プロセッサーが受け付けた SMI：{ $count }。
held-disabled = { $bit } が 0 です。この要因は無効です。
held-no-event = { $bit } が 0 です。チップセットから見れば何も起きていません。
held-routed = { $bit } が { $needed } ではなく { $is } です。イベントは別のところへ送られます。
held-sci = { $bit } が 1 です。イベントは SMI ではなく、OS への SCI になります。
held-all = { $bit } が 0 です。どの要因も通れません。
held-eos = { $bit } が 0 です。SMI が送られ、ソフトウェアはまだ処理の終わりを告げていません。
gate-needed = 必要な値：{ $needed }
after-storm = ハンドラーが EOS をセットしたとたん、まだアクティブな要因が次の SMI を送ります。原因を取り除くか、このステップを取り消してください。
after-uncleared = ステータスがまだ立っています。誰もクリアしていません。EOS がセットされると、また SMI が送られます。
after-cleared = ハンドラーがステータスをクリアしました。

registers-at = t = { $time } ns
registers-now = 現在
registers-hint = ビットを押すと、OS がそれを書きます。錠前はロック中の印で、書いても変わりません。枠は直前のステップで変わった印です。
group-smi = SMI ロジック
group-pm = 電源管理
group-gpio = 汎用ピン
group-tco = TCO
group-smram = SMRAM
group-spi = BIOS と SPI
locked-by = { $lock } がロック
bit-changed = 変化あり
bit-write = { $state }。OS が書く：{ $command }
col-bit = ビット
col-name = 名称
col-value = 値
col-access = アクセス
col-lock = ロック元
reset-value = リセット値 { $value }
