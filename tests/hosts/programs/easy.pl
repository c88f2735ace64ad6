# SPDX-License-Identifier: Apache-2.0
use strict;
use WWW::Curl::Easy;
use WWW::Curl::Multi;

my ($base) = @ARGV;
my $curl = WWW::Curl::Easy->new;

sub get {
	my ($url) = @_;
	my $body = '';
	open(my $to, '>', \$body);
	$curl->setopt(CURLOPT_URL, $url);
	$curl->setopt(CURLOPT_WRITEDATA, $to);
	my $code = $curl->perform;
	print $code, ' ', $curl->getinfo(CURLINFO_HTTP_CODE), ' ', $body, "\n";
}

get("$base/held/1");
get("$base/status/404");
$curl->setopt(CURLOPT_HTTPHEADER, ['X-Mine: 1']);
$curl->setopt(CURLOPT_POSTFIELDS, 'a=b');
get("$base/posted");

my $multi = WWW::Curl::Multi->new;
my $other = WWW::Curl::Easy->new;
my $body = '';
open(my $to, '>', \$body);
$other->setopt(CURLOPT_URL, "$base/held/2");
$other->setopt(CURLOPT_WRITEDATA, $to);
$other->setopt(CURLOPT_PRIVATE, 5);
$multi->add_handle($other);
my $active = 1;
while ($active) {
	my $running = $multi->perform;
	while (my ($id, $code) = $multi->info_read) {
		last unless $id;
		print "$id $code $body\n";
		$active = 0;
	}
	select(undef, undef, undef, 0.01);
}
