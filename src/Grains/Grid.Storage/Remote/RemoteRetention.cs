namespace Grid.Storage.Remote;

/// <summary>How long copies stay.</summary>
/// <param name="Ms">Those whose newest row is older go; 0: never.</param>
/// <param name="Bytes">The oldest go while a bucket has more; 0: no limit.</param>
internal readonly record struct RemoteRetention(long Ms, long Bytes);
