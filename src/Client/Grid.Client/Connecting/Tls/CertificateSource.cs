using System.Security.Authentication;
using Grid.Abstractions;
using Grid.Client.Connecting.Tls;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Grid.Client;

/// <summary>
/// Certificates from files, looked at again every <see cref="GridTlsOptions.ReloadInterval"/>. A change is taken for connections made after it; those that are open go on. Files that
/// cannot be used, a certificate whose key has not been replaced yet included, leave the old ones in force and are logged. One source serves all connections of a process. Thread safe.
/// </summary>
public sealed partial class CertificateSource : IDisposable, IAsyncDisposable
{
    private static readonly TimeSpan ExpiryNotice = TimeSpan.FromDays(7);
    private static readonly TimeSpan NoticeInterval = TimeSpan.FromDays(1);

    private readonly ILogger _logger;
    private readonly PeriodicTimer _timer;
    private readonly Lock _reloading = new();
    private readonly Task _watching;
    private volatile TlsMaterial _current;
    private string _refused = "";
    private DateTimeOffset _noticed = DateTimeOffset.MinValue;
    private int _handshakes;

    private CertificateSource(GridTlsOptions options, TlsMaterial first, ILogger logger, TimeProvider time)
    {
        Options = options;
        Time = time;
        _logger = logger;
        _current = first;
        _timer = new PeriodicTimer(options.ReloadInterval, time);
        _watching = Task.Run(WatchAsync);
    }

    /// <summary>The options.</summary>
    public GridTlsOptions Options { get; }

    /// <summary>SHA-1 thumbprint of the certificate that new connections present, as tools show it; null: none.</summary>
    public string? Thumbprint => _current.Leaf?.Thumbprint;

    /// <summary>When that certificate ends; null: there is none.</summary>
    public DateTimeOffset? ExpiresAt => _current.Leaf is { } leaf ? new DateTimeOffset(leaf.NotAfter.ToUniversalTime()) : null;

    internal TlsMaterial Current => _current;

    /// <summary>What stopped our last call of a node in its handshake; null: nothing did. Orleans may tell of the connection that closed first, and drop this.</summary>
    internal AuthenticationException? LastRefusal { get; set; }

    internal TimeProvider Time { get; }

    /// <summary>Reads the files and begins to watch them; the caller disposes the source.</summary>
    /// <param name="options">The options; <see cref="GridTlsOptions.Mode"/> must be Required.</param>
    /// <param name="logger">Where changes, refused files and refused peers are logged; null: nowhere.</param>
    /// <param name="time">The clock of validity and watching; null: the system's.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: an option, or a file that is missing or cannot be used.</exception>
    public static CertificateSource Open(GridTlsOptions options, ILogger? logger = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (options.Mode != GridTlsMode.Required)
            throw GridTlsOptions.Refuse($"Mode is {options.Mode}, so that there are no certificates to open.");
        time ??= TimeProvider.System;
        var source = new CertificateSource(options, TlsLoader.Load(options, TlsFiles.Read(options), time.GetUtcNow()), logger ?? NullLogger.Instance, time);
        source.Tell(source._current);
        return source;
    }

    /// <summary>Looks at the files now. Reads small files, blocking.</summary>
    /// <returns>True: they had changed, and new connections use them. False: they had not, or cannot be used (then it is logged).</returns>
    public bool Reload()
    {
        lock (_reloading)
        {
            var digest = "";
            try
            {
                var files = TlsFiles.Read(Options);
                digest = files.Digest;
                if (digest == _current.Digest)
                {
                    _refused = "";
                    NoticeExpiry();
                    return false;
                }

                var next = TlsLoader.Load(Options, files, Time.GetUtcNow());
                _current = next;
                _refused = "";
                Tell(next);
                return true;
            }
            catch (GridException refusal)
            {
                // The same bad files are told once, not every interval.
                var bad = digest + refusal.Message;
                if (bad != _refused)
                    ReloadRefused(_logger, refusal.Message);
                _refused = bad;
                NoticeExpiry();
                return false;
            }
        }
    }

    /// <summary>This source, which has a certificate of our own: whoever takes calls needs one.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: there is none.</exception>
    public CertificateSource ForCallers() => _current.Own is not null ? this
        : throw GridTlsOptions.Refuse("CertificateFile is not set, and a node needs a certificate of its own; name it (--tls-cert FILE --tls-key FILE).");

    /// <summary>Stops watching, without waiting for a look that is under way; what was loaded can still be used.</summary>
    public void Dispose() => _timer.Dispose();

    /// <summary>Stops watching; what was loaded can still be used by connections that are open.</summary>
    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _watching.ConfigureAwait(false);
    }

    /// <summary>Takes one of <see cref="GridTlsOptions.HandshakesMax"/> places; false: all are taken.</summary>
    internal bool TryEnter()
    {
        if (Interlocked.Increment(ref _handshakes) <= Options.HandshakesMax)
            return true;
        Leave();
        return false;
    }

    internal void Leave() => Interlocked.Decrement(ref _handshakes);

    private async Task WatchAsync()
    {
        while (await _timer.WaitForNextTickAsync().ConfigureAwait(false))
            Reload();
    }

    private void Tell(TlsMaterial material)
    {
        _noticed = DateTimeOffset.MinValue;
        if (material.Leaf is { } leaf)
            Loaded(_logger, leaf.Subject, leaf.Thumbprint, leaf.NotAfter.ToUniversalTime());
        else
            LoadedTrust(_logger, material.Roots?.Count ?? 0);
        NoticeExpiry();
    }

    private void NoticeExpiry()
    {
        var now = Time.GetUtcNow();
        if (ExpiresAt is not { } end || end - now > ExpiryNotice || now - _noticed < NoticeInterval)
            return;
        _noticed = now;
        ExpiresSoon(_logger, Options.CertificateFile, end.UtcDateTime);
    }
}
