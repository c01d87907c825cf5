using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace Grid.Storage.Lake.Parquet;

/// <summary>The first of several failures, each of which may cause the next. Any number of callers at a time.</summary>
internal sealed class FirstFailure
{
    private ExceptionDispatchInfo? _first;

    public bool IsSet => Volatile.Read(ref _first) is not null;

    public void Set(Exception exception) => Interlocked.CompareExchange(ref _first, ExceptionDispatchInfo.Capture(exception), null);

    /// <summary>Throws it where it came from.</summary>
    public Exception Rethrow()
    {
        _first?.Throw();
        throw new UnreachableException();
    }
}
