# Hình động smi-flow. Tên thanh ghi, lệnh và giai đoạn không dịch.
figure-title = Một SMI: đi và về
figure-source = máy thật · Q35 + ICH9 · { $cpus } CPU · { $ram } MiB
figure-stages = Cỗ máy: OS, SMI#, Save State, SMRAM, RSM

world-os = Thế giới OS
world-room = SMRAM · căn phòng kín
chipset = chipset
gap-none = với OS, ở đây không có gì
gap-none-short = trống
gap-stopped = OS đang dừng
latched = 1 SMI được chốt

caption-running = CPU đang thực thi mã của hệ điều hành hoặc ứng dụng.
caption-key = Byte { $byte } vừa đến COM1. Hệ điều hành sẽ đọc byte này và dùng làm lệnh SMI.
caption-key-smm = Byte { $byte } đến COM1 trong lúc handler đang chạy. Handler sẽ kiểm tra trước khi RSM.
caption-raised = Ghi { $byte } vào cổng B2h khiến chipset phát tín hiệu SMI#.
caption-asserted = { $source } yêu cầu SMI, chipset phát tín hiệu SMI#.
caption-held = Lệnh ghi vẫn đến cổng B2h nhưng không có SMI#.
caption-held-source = { $source } có sự kiện nhưng không có SMI#.
caption-asleep = Máy ngủ ở { $state }: không CPU nào chạy.
caption-saving = CPU ghi toàn bộ trạng thái thanh ghi vào vùng Save State.
caption-handler = Trình xử lý SMI chạy trong SMRAM. Với hệ điều hành, thời gian đứng yên.
caption-answered = Handler trả lời bằng cách đổi RAX đã lưu thành { $value }.
caption-latched = SMI thứ hai đến khi đang ở trong SMM. CPU ghi nhớ và nhận SMI này ngay sau RSM.
caption-rsm = Lệnh RSM nạp lại trạng thái đã lưu từ SMRAM.
caption-again = SMI được chốt được nhận trước khi OS kịp chạy dù chỉ một lệnh.
caption-returned = Hệ điều hành chạy tiếp như chưa có gì xảy ra.
caption-returned-answer = Hệ điều hành chạy tiếp như chưa có gì xảy ra, với { $value } trong RAX.
caption-halted = CPU đã dừng ở lệnh HLT.
caption-shutdown = CPU đang ở trạng thái shutdown. Chỉ reset mới thoát ra được.
caption-denied = Một truy cập từ ngoài SMM chạm vào SMRAM tại { $addr }: chỉ đọc được toàn bit 1.

touch-button-down = Nút nguồn được nhấn xuống.
touch-button-up = Nút nguồn được nhả ra.
touch-hot = Cảm biến nhiệt kích hoạt THRM#.
touch-cool = Cảm biến nhiệt nhả THRM#.
touch-pin = GPIO{ $pin } chuyển sang { $level }.
touch-open = Vỏ máy bị mở: INTRUDER#.
touch-closed = Vỏ máy được đóng: INTRUDER# được nhả.
touch-battery = Pin của RTC: { $level }.
touch-cut = Rút phích điện rồi cắm lại.
touch-serirq = Khung SMI# của SERIRQ chuyển sang { $level }.

play = Chạy
pause = Dừng
again = Chạy lại
next = Bước tiếp
back = Lùi một bước
forward = Tiến một bước
speed = Tốc độ
grain = Cỡ bước
grain-instruction = từng lệnh
grain-micro = vi bước
command = Lệnh SMI
command-hex = Byte lệnh khác, dạng hex
command-invalid = Hai chữ số hex, 00 đến FF
raise = Phát SMI
raise-again = Phát lần nữa

lane-os = OS
lane-save = lưu
lane-smm = SMM
lane-load = nạp
scrub = Dòng thời gian
scrub-at = { $stage }, t = { $time } ns

tabs = Chi tiết
save-title = Save State
save-place = CPU0 · SMBASE { $smbase } + 8000h
save-count = { $written }/{ $all } trường
save-all = Mọi trường
save-main = Trường chính
save-none = Lần chạy này không có SMI nào: chưa có gì được lưu.
save-by-handler = do handler thay đổi
regs-title = Thanh ghi
regs-changed = vừa thay đổi
see-title = Những gì OS thấy
see-tab = OS thấy gì
see-next = lệnh kế tiếp
see-stopped = đang dừng mà không hay
witness-between = Số lệnh xen giữa
witness-smm = Đã chạy trong SMM
witness-lost = Thời gian mất (TSC)
witness-count = SMI_COUNT, MSR 34h
witness-answer = Trả lời trong RAX đã lưu
smram-title = SMRAM tại { $addr }
smram-before = OS, trước khi khóa
smram-after = OS, sau khi khóa
smram-now = OS, lúc này
smram-inside = CPU trong SMM
smram-open = ROM này không hề khóa SMRAM.
log-title = Diễn biến
log-tab = Nhật ký
log-goto = Đến { $time } ns

rom-choose = Chạy ROM khác
rom-demo = Trở lại ROM mẫu
rom-drop = Thả ảnh ROM vào đây để chạy
rom-bad-size = { $name } có { $size } byte. ROM phải là bội số của 64 KiB (65.536 byte) và không quá 16 MiB. Hình vẫn chạy với ROM hiện có.
rom-unreadable = Không đọc được { $name }. Hình vẫn chạy với ROM hiện có.
rom-refused = Máy từ chối { $name }: { $why }
rom-halted = { $name } dừng ở HLT sau { $time } ns, trước khi có hệ điều hành chờ phím trên COM1. Hình vẫn chạy với ROM hiện có.
rom-shutdown = { $name } rơi vào shutdown sau { $time } ns. Hình vẫn chạy với ROM hiện có.
rom-exited = { $name } kết thúc với giá trị thoát { $value } sau { $time } ns, trước khi có hệ điều hành chờ phím trên COM1. Hình vẫn chạy với ROM hiện có.
rom-endless = { $name } vẫn còn bận sau { $time } ns; không có hệ điều hành nào chờ phím trên COM1. Hình vẫn chạy với ROM hiện có.
demo-rom = ROM mẫu

load-worker = Đang tải máy
load-rom = Đang tải ROM
load-boot = Đang khởi động, t = { $time } ns
load-failed-rom = Không tải được ROM ({ $why }).
load-failed-worker = Worker chạy máy đã ngừng.
load-failed-boot = ROM mẫu không khởi động được. { $why }
retry = Thử lại
dismiss = Đóng

help = Bàn phím
help-title = Bàn phím
help-play = Chạy hoặc dừng
help-step = Bước theo từng lệnh
help-micro = Bước theo vi bước
help-ends = Về đầu, đến cuối
help-raise = Phát SMI, cả khi đang ở trong SMM
help-speed = Tốc độ ¼×, 1×, 4×
help-help = Danh sách này
