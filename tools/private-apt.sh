# An apt of our own, for scripts that build from Debian's packages: sources, lists and cache in a
# folder of .sdk, an empty dpkg status. Every file is checked against Debian's signed index. The
# machine's own apt is neither read nor written, except to learn which mirror and proxy it uses.
#
# Sourced with the repository's root as the working folder. Whoever sources it has set
#   private_apt    the folder
#   suite          the suite of Debian
#   architectures  those whose packages are wanted, the first one being apt's own
# and a function `die`. MIRROR=, KEYRING= and UPDATE=1 are as tools/sdk.sh describes them.

mirror=${MIRROR:-$(cat .sdk/mirror 2>/dev/null || true)}

# The Debian mirror that this machine uses already, if it uses one: apt knows an archive's origin
# once it has fetched its index; before that, a Debian machine's own release is taken for Debian's.
machine_mirror() {
    . /etc/os-release
    {
        apt-get indextargets --format '$(REPO_URI) $(ORIGIN)' 'Created-By: Packages' |
            grep ' Debian$'
        apt-get indextargets --no-release-info --format '$(REPO_URI) $(RELEASE)' \
            'Created-By: Packages' | grep -x "http[^ ]* ${VERSION_CODENAME:-none}" |
            { [ "$ID" = debian ] && cat; }
    } | grep '^http' | grep -v security | cut -d ' ' -f 1 | head -n 1
}

configure_apt() {
    mirror=${mirror:-$(machine_mirror || true)}
    local keyring=${KEYRING:-/usr/share/keyrings/debian-archive-keyring.gpg}
    [ -n "$mirror" ] ||
        die "this machine's apt knows no Debian mirror; name one: MIRROR=http://… make …"
    [ -e "$keyring" ] ||
        die "there is no $keyring; install debian-archive-keyring, or name another: KEYRING=…"
    mkdir -p "$private_apt"/{lists/partial,cache/archives/partial,etc/none,etc/preferences.d}
    echo "$mirror" >.sdk/mirror
    : >"$private_apt/status"
    echo "deb [arch=${architectures// /,} signed-by=$keyring] $mirror $suite main" \
        >"$private_apt/sources.list"
    cat >"$private_apt/apt.conf" <<CONF
Dir "$private_apt";
Dir::State "$private_apt"; Dir::State::lists "$private_apt/lists";
Dir::State::status "$private_apt/status";
Dir::Cache "$private_apt/cache"; Dir::Log "$private_apt";
Dir::Etc "$private_apt/etc"; Dir::Etc::sourcelist "$private_apt/sources.list";
Dir::Etc::main "none"; Dir::Etc::parts "none"; Dir::Etc::sourceparts "none";
APT::Architecture "${architectures%% *}";
APT::Architectures { "${architectures// /\"; \"}"; };
APT::Sandbox::User "";
Acquire::Languages "none"; Acquire::Retries "5"; Acquire::http::Timeout "30";
CONF
    apt-config dump | grep -E '^Acquire::https?::Proxy ' >>"$private_apt/apt.conf" || true
}

private_apt_get() {
    APT_CONFIG="$private_apt/apt.conf" apt-get -qq "$@"
}

private_apt_cache() {
    APT_CONFIG="$private_apt/apt.conf" apt-cache "$@"
}

# When the index was fetched, which stands for the versions of all packages.
index_date() {
    cat "$private_apt/fetched" 2>/dev/null || true
}

update_index() {
    private_apt_get update ||
        die "the package index could not be fetched or checked; check the network; if the keys" \
            "are too old for Debian $suite, name a newer keyring: KEYRING=…"
    date -u +%FT%TZ >"$private_apt/fetched"
}

# Calls `list`, which names packages as NAME:ARCHITECTURE, and fetches them into a folder; what is
# there already and whole is skipped. The index is fetched anew where it is missing, where UPDATE=
# asks for it, and where the mirror has newer versions than it knows.
fetch_packages() {
    local folder=$1 list=$2
    mkdir -p "$folder"
    if [ -e "$private_apt/fetched" ] && [ -z "${UPDATE:-}" ] && download "$folder" "$list"; then
        return
    fi
    update_index
    download "$folder" "$list" ||
        die "a package could not be fetched; run it again to go on from there"
}

download() {
    local wanted
    wanted=$("$2")
    # shellcheck disable=SC2086 # Names have no spaces.
    (cd "$1" && private_apt_get download $wanted)
}

# The files of such packages.
package_files() {
    private_apt_get --print-uris download "$@" | awk '{ print $2 }'
}
