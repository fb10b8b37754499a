#!/bin/sh
# How close a deinterlaced picture comes to the one that was filmed: real clips are interlaced (odd lines of one picture, even lines of the next), and
# made pictures of again, each of which should be the first of the two. PSNR of the brightness in dB: in full size, and half as large, as a
# detector sees it. Needs the test data and ffmpeg. Also what it costs to read 1080i whole.
set -eu
data=${REQUIN_DATA:-$(dirname "$0")/../../shared/data}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
ff="ffmpeg -nostdin -hide_banner -v error -y"

psnr() { # filter before, filter, scale
	ffmpeg -nostdin -hide_banner -v info -y -i fields.nut -i first.nut \
		-filter_complex "[0:v]setfield=tff,$1$2,setpts=N/15/TB$3[a];[1:v]$1setpts=N/15/TB$3[b];[a][b]psnr" -f null - 2>&1 | sed -n 's/.*PSNR y:\([0-9.]*\).*/\1/p'
}

echo "| clip | filter | full size | half |"
echo "|---|---|---|---|"
for clip in tank_fish_voc/tank.mp4 river_counter/1_2025-08-14_19-28-47.mp4 deepfish/clips/dev_7117_caranx_sexfasciatus_juvenile_360x360.mp4; do
	$ff -t 8 -i "$data/$clip" -vf format=yuv420p -c:v ffv1 whole.nut
	$ff -i whole.nut -vf "select='not(mod(n,2))',setpts=N/15/TB" -fps_mode passthrough -c:v ffv1 first.nut
	$ff -i whole.nut -vf "tinterlace=interleave_top,setpts=N/15/TB,setfield=tff" -fps_mode passthrough -c:v ffv1 -flags +ildct -top 1 fields.nut
	for filter in null bwdif=0 yadif=0 estdif=mode=frame; do
		echo "| $(basename "$clip" .mp4) | $filter | $(psnr "" $filter "") | $(psnr "" $filter ",scale=iw/2:ih/2:flags=area") |"
	done
	keys="select='not(mod(n\\,8))',"
	echo "| $(basename "$clip" .mp4) | bwdif=0, every 8th picture alone | $(psnr "$keys" bwdif=0 "") | $(psnr "$keys" bwdif=0 ",scale=iw/2:ih/2:flags=area") |"
done

$ff -f lavfi -i "testsrc2=s=1920x1080:r=50:d=20,noise=alls=14:allf=t" -vf "tinterlace=interleave_top,setfield=tff" -flags +ilme+ildct \
	-c:v libx264 -preset ultrafast -x264-params tff=1 -g 12 -b:v 17M -pix_fmt yuv420p -f mpegts hd.mts
echo
echo "20 s of 1080i: seconds of processor time for all pictures, all deinterlaced, key frames alone"
for how in "-i hd.mts" "-i hd.mts -vf bwdif=0" "-skip_frame nokey -i hd.mts"; do
	# shellcheck disable=SC2086
	ffmpeg -nostdin -hide_banner -v info -benchmark -threads 2 $how -f null - 2>&1 | sed -n 's/.*utime=\([0-9.]*\)s.*/\1/p'
done
