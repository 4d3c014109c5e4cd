# Trang các nguồn SMI. Tên thanh ghi, bit và chân không dịch.
nav-sources = Nguồn SMI
sources-title = Các nguồn SMI
sources-intro = Nhấn nút nguồn, làm nóng bo mạch, để một bộ định thời chạy hết. Chipset quyết định từng bit xem SMI có được gửi hay không; đổi bất kỳ bit nào rồi thử lại. Hệ điều hành ghi bit đó, và máy làm đúng điều kéo theo.
sources-also = Dưới dạng hình:
sources-software = SMI phần mềm
sources-hardware = SMI phần cứng
sources-messages = thông điệp gửi vào SMM
panel-sources = Nguồn
panel-registers = Chipset
chips-running = Máy đang chạy …
chips-no-tape = Hãy thử một nguồn, đường đi của SMI sẽ hiện ở đây.

source-button = Nút nguồn
source-thermal = Cảm biến nhiệt
source-gpio = Chân vào đa dụng
source-intruder = Vỏ máy
source-alarm = Báo thức RTC
source-watchdog = Watchdog (TCO)
source-periodic = Bộ định thời chu kỳ
source-software = SMI phần mềm
source-time = Thời gian
gpio-pin = Chân
do-press = Nhấn
do-hold = Giữ 4 s
do-thermal = Quá nóng
do-pin = Mức cao
do-intruder = Mở
do-alarm = Ở giây kế tiếp
do-watchdog = Để chạy hết
do-periodic = Đợi đến lượt
do-second = Cho 1 s trôi qua

did-press = Đã nhấn nút nguồn
did-hold = Đã giữ nút nguồn 4 s
did-alarm = Báo thức RTC ở giây kế tiếp
did-watchdog = Bỏ mặc watchdog
did-periodic = Đã đợi bộ định thời chu kỳ
did-second = 1 s đã trôi qua

steps-title = Các bước
steps-none = Chưa làm gì. Bước nào cũng lấy lại được: máy quay về thời điểm trước bước đó.
steps-afresh = Làm lại từ đầu
step-back-one = Lấy lại
step-back-to = Quay về trước bước { $nth }
came-taken = SMI: { $count }
came-none = không có SMI
came-storm = bão SMI

rest-os = Hệ điều hành đang đợi lệnh.
rest-storm = Bão SMI: hệ điều hành không chạy được lệnh nào.
rest-off = Máy đã tắt ({ $state }). Nút nguồn sẽ bật máy.
rest-dead = Máy đứng yên.
rest-busy = Handler không kết thúc.

why-sent = Vì sao SMI này được gửi
why-not = Vì sao không có SMI
why-none = Sau mỗi bước, lý do SMI được gửi hoặc không được gửi hiện ở đây.
why-all-open = Mọi cổng đều mở. Số SMI mà CPU đã nhận: { $count }.
held-disabled = { $bit } bằng 0: nguồn này đang tắt.
held-no-event = { $bit } bằng 0: với chipset, chưa có gì xảy ra.
held-routed = { $bit } bằng { $is } chứ không phải { $needed }: sự kiện được dẫn đi nơi khác.
held-sci = { $bit } bằng 1: sự kiện tạo SCI cho hệ điều hành, không tạo SMI.
held-all = { $bit } bằng 0: không nguồn nào đi qua được.
held-eos = { $bit } bằng 0: một SMI đã được gửi và phần mềm chưa báo là xử lý xong.
gate-needed = cần { $needed }
after-storm = Ngay khi handler đặt EOS, nguồn vẫn còn hoạt động gửi SMI kế tiếp. Hãy bỏ nguyên nhân đi, hoặc lấy lại bước này.
after-uncleared = Bit trạng thái vẫn còn: chưa ai xóa. Khi EOS được đặt, nguồn này gửi lần nữa.
after-cleared = Handler đã xóa bit trạng thái.

registers-at = t = { $time } ns
registers-now = Hiện tại
registers-hint = Nhấn một bit, hệ điều hành sẽ ghi bit đó. Ổ khóa: bit đang bị khóa, ghi cũng không đổi. Khung viền: bước vừa rồi đã làm đổi.
group-smi = Logic SMI
group-pm = Quản lý nguồn
group-gpio = Chân đa dụng
group-tco = TCO
group-smram = SMRAM
group-spi = BIOS và SPI
locked-by = bị { $lock } khóa
bit-changed = vừa đổi
bit-write = { $state }. Hệ điều hành ghi: { $command }
col-bit = Bit
col-name = Tên
col-value = Giá trị
col-access = Truy cập
col-lock = Bị khóa bởi
reset-value = Giá trị sau reset { $value }
