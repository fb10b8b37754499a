package survey

import "testing"

// The numbers are those of statfs(2) on the systems that have them.
func TestIsNetwork(t *testing.T) {
	for magic, want := range map[uint32]bool{
		0x6969: true, 0xff534d42: true, 0xfe534d42: true, 0x01021997: true, // NFS, CIFS, SMB2, 9p
		0xef53: false, 0x9123683e: false, 0x01021994: false, 0x2011bab0: false, 0x4d44: false, // ext4, btrfs, tmpfs, exFAT, FAT
	} {
		if isNetwork(magic) != want {
			t.Errorf("%#x: %v", magic, !want)
		}
	}
	if networked(t.TempDir()) || networked("/nowhere at all") {
		t.Error("a temporary folder lies on a network")
	}
}
