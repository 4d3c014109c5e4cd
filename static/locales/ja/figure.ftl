# ライブ図 smi-flow。レジスター名、命令名、ステージ名は訳さない。
figure-title = SMI の往復
figure-source = 実機動作 · Q35 + ICH9 · { $cpus } CPU · { $ram } MiB
figure-stages = マシン：OS、SMI#、Save State、SMRAM、RSM

world-os = OS の世界
world-room = SMRAM · 密室
chipset = チップセット
gap-none = OS から見れば、ここには何もない
gap-none-short = 何もない
gap-stopped = OS は停止中
latched = SMI を 1 つラッチ中

caption-running = CPU は OS またはアプリケーションのコードを実行しています。
caption-key = バイト { $byte } が COM1 に届きました。OS はこれを読み、SMI コマンドとして使います。
caption-key-smm = ハンドラーの実行中にバイト { $byte } が COM1 に届きました。ハンドラーは RSM の前にこれを確認します。
caption-raised = ポート B2h に { $byte } を書くと、チップセットが SMI# をアサートします。
caption-asserted = { $source } が SMI を要求し、チップセットが SMI# をアサートします。
caption-held = ポート B2h への書き込みは届いても、SMI# は発生しません。
caption-held-source = { $source } にイベントがありますが、SMI# は発生しません。
caption-asleep = マシンは { $state } でスリープ中です。プロセッサーは動いていません。
caption-saving = CPU は全レジスターの状態を Save State 領域に書き込みます。
caption-handler = SMI ハンドラーが SMRAM 内で動きます。OS の時間は止まっています。
caption-answered = ハンドラーの応答：退避された RAX を { $value } に書き換えます。
caption-latched = SMM の中で 2 つ目の SMI が届きました。CPU はこれを記憶し、RSM の直後に受け付けます。
caption-rsm = RSM 命令が、退避しておいた状態を SMRAM から読み戻します。
caption-again = OS が 1 命令も実行しないうちに、ラッチされた SMI が受け付けられます。
caption-returned = OS は何事もなかったかのように続きを実行します。
caption-returned-answer = OS は何事もなかったかのように続きを実行します。RAX には { $value } が入っています。
caption-halted = CPU は HLT で停止しました。
caption-shutdown = CPU はシャットダウン状態です。抜け出す方法はリセットだけです。
caption-denied = SMM の外からのアクセスが { $addr } で SMRAM に当たりました。読めるのはすべて 1 です。

touch-button-down = 電源ボタンが押されます。
touch-button-up = 電源ボタンが離されます。
touch-hot = 温度センサーが THRM# をアサートします。
touch-cool = 温度センサーが THRM# をネゲートします。
touch-pin = GPIO{ $pin } が { $level } になります。
touch-open = 筐体が開けられます（INTRUDER#）。
touch-closed = 筐体が閉じられます（INTRUDER# ネゲート）。
touch-battery = RTC の電池：{ $level }。
touch-cut = 電源プラグが抜かれ、また挿されます。
touch-serirq = SERIRQ の SMI# フレームが { $level } になります。

play = 再生
pause = 一時停止
again = もう一度
next = 次のステップ
back = 1 ステップ戻る
forward = 1 ステップ進む
speed = 速度
grain = ステップの単位
grain-instruction = 命令
grain-micro = マイクロステップ
command = コマンド
command-hex = ほかのコマンドバイト（16 進）
command-invalid = 16 進 2 桁、00～FF
raise = SMI を発生
raise-again = もう一度発生

lane-os = OS
lane-save = 退避
lane-smm = SMM
lane-load = 復元
scrub = タイムライン
scrub-at = { $stage }、t = { $time } ns

tabs = 詳細
save-title = Save State
save-place = CPU0 · SMBASE { $smbase } + 8000h
save-count = { $written }/{ $all } フィールド
save-all = 全フィールド
save-main = 主なフィールド
save-none = この実行では SMI が発生せず、何も退避されていません。
save-by-handler = ハンドラーが変更
regs-title = レジスター
regs-changed = 変化あり
see-title = OS から見えるもの
see-tab = OS の視点
see-next = 次の命令
see-stopped = 停止中（気づけない）
witness-between = 間に実行された命令
witness-smm = その間に SMM で実行
witness-lost = 失われた時間 (TSC)
witness-count = SMI_COUNT, MSR 34h
witness-answer = 退避された RAX の応答
smram-title = { $addr } の SMRAM
smram-before = OS、ロック前
smram-after = OS、ロック後
smram-now = OS、現在
smram-inside = SMM の CPU
smram-open = この ROM は SMRAM をロックしません。
log-title = 起きたこと
log-tab = ログ
log-goto = { $time } ns へ移動

rom-choose = 別の ROM を実行
rom-demo = デモ ROM に戻す
rom-drop = ROM イメージをドロップすると実行します
rom-bad-size = { $name } は { $size } バイトです。ROM は 64 KiB（65,536 バイト）の倍数で、16 MiB 以下でなければなりません。図は今の ROM のまま動き続けます。
rom-unreadable = { $name } を読み込めませんでした。図は今の ROM のまま動き続けます。
rom-refused = マシンが { $name } を受け付けませんでした：{ $why }
rom-halted = { $name } は、OS が COM1 のキーを待つ前に、{ $time } ns で HLT により停止しました。図は今の ROM のまま動き続けます。
rom-shutdown = { $name } は { $time } ns で CPU シャットダウンに陥りました。図は今の ROM のまま動き続けます。
rom-exited = { $name } は、OS が COM1 のキーを待つ前に、{ $time } ns で終了値 { $value } を返して終わりました。図は今の ROM のまま動き続けます。
rom-endless = { $name } は { $time } ns 経っても処理が続いており、COM1 のキーを待つ OS がありません。図は今の ROM のまま動き続けます。
demo-rom = デモ ROM

load-worker = マシンを読み込んでいます
load-rom = ROM を読み込んでいます
load-boot = 起動中、t = { $time } ns
load-failed-rom = ROM を読み込めませんでした（{ $why }）。
load-failed-worker = マシンのワーカーが停止しました。
load-failed-boot = デモ ROM が起動しませんでした。{ $why }
retry = 再試行
dismiss = 閉じる

help = キーボード
help-title = キーボード
help-play = 再生／一時停止
help-step = 命令単位のステップ
help-micro = マイクロステップ
help-ends = 最初／最後へ
help-raise = SMI を発生（SMM 中も可）
help-speed = 速度 ¼×、1×、4×
help-help = この一覧
